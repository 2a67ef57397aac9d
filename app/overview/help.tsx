import { FooterHelp, Link } from '@shopify/polaris';
import { textsOf } from '../texts.ts';

const t = textsOf('overview.help');

/** The way back to the first steps once their card is gone: with them is the email to Ascent360. */
export function Help() {
  return (
    <FooterHelp>
      {t('text')} <Link url="/setup">{t('action')}</Link>
    </FooterHelp>
  );
}
