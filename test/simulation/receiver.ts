/**
 * Ascent360 in this process: it answers as the history says, and every request is checked against
 * the model as it is sent.
 */

import type { Body } from '../../server/ascent360/body.ts';
import { classifyAnswer } from '../../server/ascent360/classify-answer.ts';
import type { Attempt } from '../../server/ascent360/client.ts';
import { readXml } from '../fakes/read-xml.ts';
import type { Answer } from './history.ts';
import { type Account, type Channel, keyOf } from './model/account.ts';
import { type Flag, isWithoutApp, whyNot, whyNotBare, whyNotOf } from './model/check-request.ts';
import { noteLists, whyNoLists } from './model/lists.ts';
import { forgetContent, noteContent, whyRepeated } from './model/repeats.ts';
import { type Scene, shopOf } from './scene.ts';
import { stateOf } from './shopify.ts';
import type { Outcome } from './told-book.ts';
import { versionsAt } from './versions.ts';

const TIMEOUT_MS = 15_000;

export type Request = { scene: Scene; at: number; guid: string; payload: Payload; answer: Answer; flags: Flag[] };
export type Payload = {
  Email?: string;
  Mobile?: string;
  FirstName?: string;
  LastName?: string;
  EmailPermission?: boolean;
  SMSPermission?: boolean;
  PhonePermission?: boolean;
  AddressPermission?: boolean;
  ListIds?: string[];
  Order?: {
    Id: string;
    Event: string;
    FinancialStatus: 'pending' | 'paid';
    Total: string;
    CancelledAt?: string;
    Test?: boolean;
    Channel?: string;
  };
};

export const customerIn = ({ FirstName }: Payload): number | null => {
  const id = /^C(\d+)$/.exec(FirstName ?? '')?.[1];
  return id === undefined ? null : Number(id);
};

const NOBODY = '(none)';

function flagsIn(payload: Payload): Flag[] {
  const flags: Flag[] = [];
  const add = (channel: Channel, address: string | undefined, value: boolean | undefined) => {
    if (value !== undefined) flags.push({ channel, address: address ?? NOBODY, value });
  };
  add('email', payload.Email?.toLowerCase(), payload.EmailPermission);
  add('sms', payload.Mobile === undefined ? undefined : `+${payload.Mobile}`, payload.SMSPermission);
  add('phone', payload.FirstName, payload.PhonePermission);
  add('postal', payload.FirstName, payload.AddressPermission);
  return flags;
}

/** `means`: what the app may take it for (SPEC 6.2: a 4xx counts as not accepted). */
type Ending = {
  status: number | null;
  failure: 'timeout' | 'connection_cut' | 'connection_refused' | null;
  taken: boolean;
  means: Outcome;
};

const answered = (status: number, means: Outcome, taken = means === 'accepted'): Ending => ({
  status,
  failure: null,
  taken,
  means,
});
const failed = (failure: NonNullable<Ending['failure']>, taken = false): Ending => ({
  status: null,
  failure,
  taken,
  means: failure === 'connection_refused' ? 'refused' : 'unknown',
});

const ENDINGS: Record<Answer, Ending> = {
  ok: answered(200, 'accepted'),
  slow: answered(200, 'accepted'),
  frozen: answered(200, 'accepted'),
  html: answered(200, 'unknown'),
  moved: answered(302, 'unknown'),
  '400': answered(400, 'refused'),
  '404': answered(404, 'refused'),
  '409': answered(409, 'refused'),
  '413': answered(413, 'refused'),
  '429': answered(429, 'refused'),
  '500': answered(500, 'unknown'),
  '500Taken': answered(500, 'unknown', true),
  hang: failed('timeout'),
  hangTaken: failed('timeout', true),
  cut: failed('connection_cut'),
  refused: failed('connection_refused'),
};
/** How long Ascent360 asks to wait after 429. */
const RETRY_AFTER_MS = 40 * 60_000;

type ReceiverDeps = {
  now(): number;
  /** The shop that has this GUID, or had it; null: none, or it is erased. */
  owner(guid: string): Scene | null;
  /** Runs while the answer is on its way. */
  meanwhile(scene: Scene, answer: Answer): Promise<void>;
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
  place(scene: Scene): number;
  sent(scene: Scene, account: Account, flags: readonly Flag[], outcome: Outcome): void;
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

/** What opts out without a name is about whoever has that address. */
function withNames({ sightings }: Account, { Email, Mobile }: Payload, flags: readonly Flag[]): Flag[] {
  const own = [Email?.toLowerCase(), Mobile && `+${Mobile}`];
  const theirs = new Set(sightings.filter(({ address }) => own.includes(address)).map(({ customer }) => customer));
  return flags.flatMap((flag) =>
    flag.address === NOBODY ? [...theirs].map((customer) => ({ ...flag, address: `C${customer}` })) : [flag],
  );
}

/** What is wrong with a request, by what one shop's history allows. */
function whyWrong(
  { number, account }: Pick<Scene, 'number' | 'account'>,
  payload: Payload,
  flags: readonly Flag[],
  at: { place: number; now: number },
): string[] {
  const customer = customerIn(payload);
  const order = payload.Order ? Number(payload.Order.Id) : null;
  const others = [customer, order].filter((id) => id !== null).some((id) => shopOf(id) !== number);
  const isBare = !payload.Order && !payload.ListIds && flags.length === 0;
  const view = { account, channel: 'email', address: payload.Email?.toLowerCase() ?? '', place: at.place } as const;
  const ofFlags = flags.map((flag) => {
    const why = whyNot(account, flag, { customer, ...at });
    return why === null ? null : `${keyOf(flag.channel, flag.address)} ${flag.value}: ${why}`;
  });
  return [
    others ? 'the data of another shop' : null,
    ...ofFlags,
    isWithoutApp(account) ? 'a request of a shop that uninstalled the app' : null,
    account.paused ? 'a request while sending is paused' : null,
    account.connected ? null : 'a request of a shop that is not connected',
    whyNotOf(account, { customer, order, place: at.place }),
    isBare ? whyNotBare(account) : null,
    whyNotSo(account, payload),
    payload.ListIds ? whyNoLists(view, customer, payload.ListIds) : null,
    whyRepeated(account, payload),
  ].filter((why) => why !== null);
}

const isCancelled = ({ CancelledAt }: NonNullable<Payload['Order']>) => CancelledAt !== undefined;
const stateIn = (order: NonNullable<Payload['Order']>) =>
  stateOf({
    status: order.FinancialStatus,
    total: Number(order.Total),
    cancelledAt: isCancelled(order) ? 0 : null,
  });

/** What is wrong with the order in a request, by the settings. */
function whyNotSo({ rules }: Account, { Order }: Payload): string | null {
  if (!Order) return null;
  if (rules.noDetails) return 'the details of an order, and they are left out';
  if ((Order.Test || Order.Channel === 'pos') && !rules.everyOrder) return 'an order that is left out';
  return (Order.Event === 'cancelled' && !isCancelled(Order)) || (Order.Event === 'updated' && isCancelled(Order))
    ? `an order as ${Order.Event}, and it is ${isCancelled(Order) ? '' : 'not '}cancelled`
    : null;
}

function noteOrder(account: Account, { Order }: Payload, { means }: Ending): void {
  if (!Order) return;
  const id = Number(Order.Id);
  const sent = account.sentOrders.get(id) ?? { status: '', refused: false, unknown: 0 };
  account.sentOrders.set(
    id,
    means === 'accepted'
      ? { status: stateIn(Order), refused: false, unknown: 0 }
      : {
          ...sent,
          refused: sent.refused || means === 'refused',
          unknown: sent.unknown + (means === 'unknown' ? 1 : 0),
        },
  );
}

const TEST_KEYS = new Set(['SourceName', 'SourceType', 'FirstName', 'LastName', 'Email']);
export const isTest = ({ LastName }: Payload) => LastName === 'Test record';

/** What is wrong with a test record (SPEC 4.2): it is of nobody, and says nothing besides. */
function whyNoTest({ guid }: Scene, given: string, payload: Payload): string[] {
  const more = Object.keys(payload).filter((key) => !TEST_KEYS.has(key));
  return [
    ...(more.length > 0 ? [`a test record with ${more.join()}`] : []),
    ...(given === guid ? [] : ['a test record with a GUID that the shop no longer has']),
  ];
}

export function startReceiver(deps: ReceiverDeps): Receiver {
  const requests: Request[] = [];
  const underWay = new Set<string>();

  async function answerTo(
    scene: Scene,
    guid: string,
    { payload, flags, isXml }: Pick<Request, 'payload' | 'flags'> & { isXml: boolean },
    sender: Sender,
  ): Promise<Ending & { account: Account; isLate: boolean }> {
    const named = customerIn(payload);
    const answer = named !== null && named === scene.poisoned ? '404' : (scene.answers.shift() ?? 'ok');
    requests.push({ scene, at: deps.now(), guid, payload, answer, flags });
    const lanes = [payload.Email?.toLowerCase(), payload.Mobile]
      .filter((lane) => lane !== undefined)
      .map((lane) => `${lane} of ${scene.domain}`);
    for (const lane of lanes) if (underWay.has(lane)) deps.wrong(`two requests about ${lane} at once`);
    for (const lane of lanes) underWay.add(lane);
    const at = { place: sender.place(scene), now: deps.now() };
    const judged = versionsAt(scene, at.place)
      .filter((version) => version.guid === guid)
      .map(({ account }) => ({
        account,
        wrong: [
          ...whyWrong({ ...scene, account }, payload, flags, at),
          ...(account.rules.xml === isXml ? [] : ['a request in another data format than is set']),
        ],
      }));
    const { account, wrong } = judged.find((one) => one.wrong.length === 0) ??
      judged.at(-1) ?? { account: scene.account, wrong: ['a request with a GUID that the shop no longer has'] };
    for (const what of wrong) deps.wrong(what);
    const ending = ENDINGS[answer];
    noteHeld(account, ending.taken ? withNames(account, payload, flags) : [], ending.means === 'accepted');
    if (ending.means !== 'accepted')
      for (const { channel, address } of flags) account.failed.add(keyOf(channel, address));
    sender.sent(scene, account, flags, 'sending');
    noteOrder(account, payload, ending);
    if (answer === 'frozen') for (const lane of lanes) underWay.delete(lane);
    await deps.meanwhile(scene, answer);
    await sender.step();
    for (const lane of lanes) underWay.delete(lane);
    // It may have been taken over meanwhile.
    return { ...ending, account, isLate: answer === 'frozen' };
  }

  async function answerTest(scene: Scene, guid: string, payload: Payload): Promise<Ending> {
    const answer = scene.answers.shift() ?? 'ok';
    requests.push({ scene, at: deps.now(), guid, payload, answer, flags: [] });
    for (const what of whyNoTest(scene, guid, payload)) deps.wrong(what);
    await deps.meanwhile(scene, answer === 'frozen' ? 'ok' : answer);
    return ENDINGS[answer];
  }

  return {
    requests,
    cut: () => underWay.clear(),
    send: async (guid, body, sender) => {
      await sender.step();
      const isXml = body.contentType.startsWith('application/xml');
      const payload = (isXml ? readXml(body.text) : JSON.parse(body.text)) as Payload;
      const flags = flagsIn(payload);
      const scene = deps.owner(guid);
      if (scene === null) deps.wrong(`a request with a GUID that no shop has (any more)`);
      const { status, failure, means, isLate, account } =
        scene === null || isTest(payload)
          ? { ...(scene ? await answerTest(scene, guid, payload) : ENDINGS.ok), isLate: false, account: null }
          : await answerTo(scene, guid, { payload, flags, isXml }, sender);
      const excerpt = status === 200 && means !== 'accepted' ? '<html>' : '';
      const classified = classifyAnswer(failure ? { failure } : { status: status ?? 0, contentType: null, excerpt });
      const outcome = isLate ? 'unknown' : means;
      if (scene && account && outcome !== 'unknown') sender.sent(scene, account, flags, outcome);
      if (account && outcome === 'accepted') {
        noteContent(account, payload);
        if (payload.ListIds) noteLists(account, payload.Email?.toLowerCase() ?? '', payload.ListIds);
      } else if (account && outcome === 'unknown') forgetContent(account, payload);
      const ms = failure === 'timeout' ? TIMEOUT_MS : 20;
      return { ...classified, status, ms, excerpt, retryAfterMs: status === 429 ? RETRY_AFTER_MS : null };
    },
  };
}
