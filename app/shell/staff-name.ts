import { textsOf } from '../texts.ts';

const t = textsOf('common.staff');

/**
 * How a Shopify user is called. Their name is known only with an access token of their own, which
 * the app doesn't ask for.
 * @param you the id of whoever uses the page
 */
export const staffName = (id: string, you: string): string => (id === you ? t('you') : t('member', { id }));
