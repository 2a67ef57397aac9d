import { Checkbox } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { parseGuid } from '../../server/domain/settings/parse-guid.ts';
import { overviewQuery } from '../overview/overview-query.ts';
import { textsOf } from '../texts.ts';
import type { Draft, SettingsAnswer } from './draft.ts';

const t = textsOf('settings.connection');

/**
 * Whether the typed GUID is of another Ascent360 account than the one records went to: asked while
 * there was one, saved now or disconnected since. Nobody is asked about the saved GUID, of which
 * only the end is known here.
 */
export function OtherAccount(props: {
  saved: SettingsAnswer;
  draft: Pick<Draft, 'guid' | 'newAccount'>;
  onChange: (newAccount: boolean) => void;
}) {
  const { saved, draft, onChange } = props;
  const { guidLast4 } = saved;
  const { data } = useQuery({ ...overviewQuery, refetchInterval: false, enabled: guidLast4 === null });
  const parsed = parseGuid(draft.guid);
  const hadOne = guidLast4 !== null || (data?.connection.since ?? null) !== null;
  if (!hadOne || !parsed.ok || parsed.guid.slice(-4) === guidLast4) return null;
  return (
    <Checkbox label={t('newAccount')} helpText={t('newAccountHelp')} checked={draft.newAccount} onChange={onChange} />
  );
}
