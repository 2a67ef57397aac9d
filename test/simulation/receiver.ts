/**
 * Ascent360 in this process: it answers as the history says, and every request is checked against
 * the model as it is sent.
 */

import type { Body } from '../../server/ascent360/body.ts';
import { classifyAnswer } from '../../server/ascent360/classify-answer.ts';
import type { Attempt } from '../../server/ascent360/client.ts';
import type { Answer } from './history.ts';
import { type Account, type Channel, keyOf } from './model/account.ts';
import { type Flag, whyNot, whyNotBare, whyNotOf } from './model/check-request.ts';
import { noteLists, whyNoLists } from './model/lists.ts';
import type { Outcome } from './told-book.ts';

const TIMEOUT_MS = 15_000;

export type Request = { at: number; guid: string; payload: Payload; answer: Answer; flags: Flag[] };
export type Payload = {
  Email?: string;
  Mobile?: string;
  FirstName?: string;
  EmailPermission?: boolean;
  SMSPermission?: boolean;
  PhonePermission?: boolean;
  AddressPermission?: boolean;
  ListIds?: string[];
  Order?: { Id: string; FinancialStatus: string };
};

export const customerIn = ({ FirstName }: Payload): number | null => {
  const id = /^C(\d+)$/.exec(FirstName ?? '')?.[1];
  return id === undefined ? null : Number(id);
};

function flagsIn(payload: Payload): Flag[] {
  const flags: Flag[] = [];
  const add = (channel: Channel, address: string | undefined, value: boolean | undefined) => {
    if (value !== undefined) flags.push({ channel, address: address ?? '(none)', value });
  };
  add('email', payload.Email?.toLowerCase(), payload.EmailPermission);
  add('sms', payload.Mobile === undefined ? undefined : `+${payload.Mobile}`, payload.SMSPermission);
  add('phone', payload.FirstName, payload.PhonePermission);
  add('postal', payload.FirstName, payload.AddressPermission);
  return flags;
}

type Ending = {
  status: number | null;
  failure: 'timeout' | 'connection_cut' | 'connection_refused' | null;
  taken: boolean;
};

const ENDINGS: Record<Answer, Ending> = {
  ok: { status: 200, failure: null, taken: true },
  slow: { status: 200, failure: null, taken: true },
  '400': { status: 400, failure: null, taken: false },
  '404': { status: 404, failure: null, taken: false },
  '500': { status: 500, failure: null, taken: false },
  '500Taken': { status: 500, failure: null, taken: true },
  hang: { status: null, failure: 'timeout', taken: false },
  hangTaken: { status: null, failure: 'timeout', taken: true },
  cut: { status: null, failure: 'connection_cut', taken: false },
  refused: { status: null, failure: 'connection_refused', taken: false },
};

export type ReceiverDeps = {
  now(): number;
  account(): Account;
  /** The next answer. */
  next(): Answer;
  /** Runs while the answer is on its way. */
  meanwhile(answer: Answer): Promise<void>;
  wrong(what: string): void;
};

/** The process that sends. */
export type Sender = {
  /** It may die here. */
  step(): Promise<never> | undefined;
  /**
   * What was learned before its last transaction began: the claim behind this request saw all of
   * it.
   */
  place(): number;
  sent(flags: readonly Flag[], outcome: Outcome): void;
};

export type Receiver = {
  send(guid: string, body: Body, sender: Sender): Promise<Attempt>;
  requests: Request[];
  /** The processes died: nothing is on its way any more. */
  cut(): void;
};

function noteHeld(account: Account, flags: readonly Flag[], surely: boolean): void {
  for (const { channel, address, value } of flags) {
    const key = keyOf(channel, address);
    const held = account.held.get(key) ?? { value: null, unsure: [] };
    account.held.set(key, surely ? { value, unsure: [] } : { ...held, unsure: [...held.unsure, value] });
  }
}

export function startReceiver(deps: ReceiverDeps): Receiver {
  const requests: Request[] = [];
  const underWay = new Set<string>();
  return {
    requests,
    cut: () => underWay.clear(),
    send: async (guid, body, sender) => {
      await sender.step();
      const account = deps.account();
      const payload: Payload = JSON.parse(body.text);
      const flags = flagsIn(payload);
      const answer = deps.next();
      requests.push({ at: deps.now(), guid, payload, answer, flags });
      const lanes = [payload.Email?.toLowerCase(), payload.Mobile].filter((lane) => lane !== undefined);
      for (const lane of lanes) if (underWay.has(lane)) deps.wrong(`two requests about ${lane} at once`);
      for (const lane of lanes) underWay.add(lane);
      const customer = customerIn(payload);
      const seen = { customer, place: sender.place(), now: deps.now() };
      for (const flag of flags) {
        const why = whyNot(account, flag, seen);
        if (why !== null) deps.wrong(`${keyOf(flag.channel, flag.address)} ${flag.value}: ${why}`);
      }
      const order = payload.Order ? Number(payload.Order.Id) : null;
      const gone = whyNotOf(account, customer, order);
      if (gone !== null) deps.wrong(gone);
      const isBare = !payload.Order && !payload.ListIds && flags.length === 0;
      const bare = isBare ? whyNotBare(account) : null;
      if (bare !== null) deps.wrong(bare);
      const email = payload.Email?.toLowerCase() ?? '';
      if (payload.ListIds) {
        const why = whyNoLists(
          { account, channel: 'email', address: email, place: seen.place },
          customer,
          payload.ListIds,
        );
        if (why !== null) deps.wrong(why);
      }
      const { status, failure, taken } = ENDINGS[answer];
      const sure = status === 200;
      noteHeld(account, taken ? flags : [], sure);
      sender.sent(flags, 'sending');
      if (payload.Order && order !== null) {
        const sent = account.sentOrders.get(order);
        const unsure = !sure || (sent?.unsure ?? false);
        account.sentOrders.set(order, {
          status: taken ? payload.Order.FinancialStatus : (sent?.status ?? ''),
          unsure,
        });
      }
      await deps.meanwhile(answer);
      await sender.step();
      for (const lane of lanes) underWay.delete(lane);
      const answered =
        failure === null ? { status: status ?? 0, contentType: null, excerpt: '' } : ({ failure } as const);
      const classified = classifyAnswer(answered);
      if (classified.flags !== 'unknown') sender.sent(flags, classified.flags);
      if (classified.class === 'accepted' && payload.ListIds) noteLists(account, email, payload.ListIds);
      const ms = failure === 'timeout' ? TIMEOUT_MS : 20;
      return { ...classified, status, ms, excerpt: '', retryAfterMs: null };
    },
  };
}
