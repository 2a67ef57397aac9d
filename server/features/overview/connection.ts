import { DAY, isoOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type Gate, gateOf } from '../../domain/wording/describe-state.ts';
import { said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Installation } from '../../store/shops/installation.ts';
import type { LastChanges } from '../../store/shops/proof.ts';
import type { StoredSettings } from '../../store/shops/settings.ts';
import type { Connection } from './api.ts';

const stateOf = {
  not_connected: 'not_connected',
  paused: 'paused',
  connection_problem: 'problem',
} as const satisfies Record<Exclude<Gate, null>, Connection['state']>;

type Known = {
  stored: StoredSettings | null;
  life: Pick<Installation, 'uninstalledAt'>;
  changed: LastChanges;
  /** Whether anything waits: otherwise nothing is tried, and nobody knows whether Ascent360 still fails. */
  waits: boolean;
};

/** What would still hold up sending once this gate is gone. */
function besides(gate: Gate, stored: StoredSettings | null): Text | null {
  if (gate === 'not_connected' && stored?.settings.paused) return { code: 'connection.also_paused' };
  return gate === 'paused' && stored?.problem ? { code: 'connection.also_refused' } : null;
}

/** When Ascent360 last accepted something under this GUID; null: never. */
export const provenText = (proven: StoredSettings['proven']): Text | null =>
  proven && { code: 'connection.proven', params: { at: new Date(proven.at).toISOString() } };

/** The state, the text about it, and since when. Reasons are checked in the same order as for waiting events. */
function standing({ stored, life, changed, waits }: Known): {
  state: Connection['state'];
  text: Text;
  since: Instant | null;
} {
  const { uninstalledAt } = life;
  if (uninstalledAt !== null) {
    return { state: 'uninstalled', text: { code: 'connection.uninstalled' }, since: uninstalledAt };
  }
  const gate = gateOf(stored);
  const proof = provenText(stored?.proven ?? null);
  if (gate !== null) {
    const state = stateOf[gate];
    const since = { not_connected: changed.guid, paused: changed.paused, problem: stored?.problem?.since ?? null }[
      state
    ];
    return { state, text: inTurn(inTurn({ code: `connection.${state}` }, besides(gate, stored)), proof), since };
  }
  const guid: Text = { code: 'connection.connected', params: { last4: stored?.guidLast4 ?? '' } };
  return {
    state: 'connected',
    // Nobody need do anything about it, but nothing is sent.
    text: inTurn(
      guid,
      waits && stored?.breaker?.openedAt != null ? { code: 'wait.down' } : (proof ?? { code: 'connection.unproven' }),
    ),
    since: stored?.proven?.since ?? changed.guid,
  };
}

/** The shop's connection to Ascent360: never more than what Ascent360 accepted. */
export function connectionOf(known: Known, now: Instant): Connection {
  const { state, text, since } = standing(known);
  const { proven, seen } = known.stored ?? { proven: null, seen: null };
  return {
    state,
    ...said(text),
    since: isoOf(since),
    provenAt: proven && new Date(proven.at).toISOString(),
    seen: seen && { answer: seen.answer, at: new Date(seen.at).toISOString() },
    askSeen: state === 'connected' && seen === null && proven !== null && now - proven.since >= DAY,
  };
}
