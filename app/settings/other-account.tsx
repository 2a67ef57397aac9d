import { Checkbox } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { parseGuid } from '../../server/domain/settings/parse-guid.ts';
import { overviewQuery } from '../overview/overview-query.ts';
import { textsOf } from '../texts.ts';
import type { Draft, SettingsAnswer } from './draft.ts';

const t = textsOf('settings.connection');

/**
 * Whether the typed GUID is of another Ascent360 account than the one records went to: asked while
 * there was one, saved now or disconnected since. Asked about the saved GUID, too: only its end is
 * known here, which another may share, and for the saved one the answer changes nothing.
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
  if (!hadOne || !parsed.ok) return null;
  return (
    <Checkbox label={t('newAccount')} helpText={t('newAccountHelp')} checked={draft.newAccount} onChange={onChange} />
  );
}
