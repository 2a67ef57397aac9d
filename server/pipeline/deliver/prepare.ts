import { textsForXml } from '../../ascent360/body.ts';
import { buildPayload } from '../../ascent360/build-payload.ts';
import { contentKey } from '../../ascent360/content-key.ts';
import { validatePayload } from '../../ascent360/validate-payload.ts';
import { decide, type Recipient } from '../../domain/consent/decide.ts';
import { rulesFor } from '../../domain/consent/rules-for.ts';
import { type Channel, type FlagChannel, type FlagDecision, isAboutAddress, type Told } from '../../domain/consent.ts';
import { type Contact, type ContactField, reachedAt, withFieldsOf } from '../../domain/contact.ts';
import type { Purchase } from '../../domain/purchase.ts';
import type { Instant } from '../../domain/scalars.ts';
import { type Mapped, readsTags, whyLeftOut } from '../../domain/settings.ts';
import type { FieldReason } from '../../domain/states.ts';
import { keepDetail } from '../../domain/wording/details.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { DeliveryKind } from '../../store/deliveries/deliveries.ts';
import {
  type ChoiceInput,
  consentOutcome,
  type Ending,
  gone,
  isAnyDue,
  noChoice,
  readOutcome,
  settle,
  skip,
} from './choice-outcome.ts';
import { type ListsInput, listsDecision } from './lists-decision.ts';

/** Everything that affects one delivery, as it is when sending. */
export type PrepareInput = ListsInput &
  ChoiceInput & {
    kind: DeliveryKind;
    again: boolean;
    /** Flags accepted before this are sent again; null: none are. */
    reassertFrom: Instant | null;
    contact: Contact;
    purchase: Purchase | null;
    /** For a consent event: the channel its fact is about, and the fact's id. */
    about: { channel: Channel; factId: string } | null;
    mapped: Mapped;
    /** The person the flags are sent with. */
    to: Recipient;
    historyBefore: Instant;
    /** Its event brought a new choice. */
    choice: boolean;
    /** How an event that is sent only for its choice ends, if the choice makes nothing due. */
    otherwise: 'stale' | null;
    now: Instant;
  };

export type Prepared = {
  decisions: Record<FlagChannel, FlagDecision>;
} & (
  | Ending
  | {
      kind: 'send';
      payload: object;
      fields: FieldReason[];
      flags: Partial<Record<FlagChannel, boolean>>;
      sendsLists: boolean;
      /** The content as text; its hash tells whether anything is new. */
      content: string;
      /** No flag or list is due: send it only if the content is new. */
      onlyContent: boolean;
      /** The settings leave its state out: it is sent only for what its choice makes due. */
      onlyChoice: boolean;
    }
);

const noAddress: FlagDecision = { send: null, reason: 'no_address', fact: null };

const HAS: Record<FlagChannel, (contact: Contact) => boolean> = {
  email: (contact) => contact.email !== undefined,
  sms: (contact) => contact.mobile !== undefined,
  phone: (contact) => contact.phone !== undefined,
  postal: (contact) => contact.address !== undefined,
};

/** Whether they had one when Ascent360 was told their opt-in, and have none any more. */
function hasLost({ contact: { former }, told }: PrepareInput, channel: FlagChannel): boolean {
  const { accepted, pendingFlags } = told[channel];
  return former !== undefined && HAS[channel](former) && (accepted === true || pendingFlags.includes(true));
}

function decideOne(input: PrepareInput, channel: FlagChannel, told: Told): FlagDecision {
  const has = HAS[channel](input.contact);
  if (!has && !hasLost(input, channel)) return noAddress;
  const decision = decide({
    channel,
    facts: input.facts[channel],
    told,
    rules: rulesFor(channel, input.settings),
    historyBefore: input.historyBefore,
    now: input.now,
    to: input.to,
  });
  return has || decision.send === false ? decision : noAddress;
}

/** Whoever has no phone or address any more opts out of the one they had. */
function withLost(contact: Contact, { phone, postal }: Record<FlagChannel, FlagDecision>): Contact {
  if (!contact.former) return contact;
  const optedOut: ContactField[] = [];
  if (phone.send === false) optedOut.push('phone');
  if (postal.send === false) optedOut.push('address');
  return withFieldsOf(contact.former, optedOut, contact);
}

const asUntold = (told: Told): Told => ({ ...told, accepted: null, acceptedAt: null });

function decideAll(input: PrepareInput): Record<FlagChannel, FlagDecision> {
  const one = (channel: FlagChannel): FlagDecision => {
    const told = input.told[channel];
    const isRepeated = input.reassertFrom !== null && (told.acceptedAt ?? -Infinity) < input.reassertFrom;
    return decideOne(input, channel, isRepeated ? asUntold(told) : told);
  };
  return { email: one('email'), sms: one('sms'), phone: one('phone'), postal: one('postal') };
}

/** An order that the settings leave out whatever choice it brings. */
const leftOutOrder = ({ purchase, settings }: PrepareInput) => purchase && whyLeftOut(settings, purchase);

/** Resending an older state, sent only for its choice, sends the newest. */
const sendsOrder = ({ kind, purchase, otherwise }: PrepareInput) =>
  kind === 'order' || (purchase !== null && otherwise === null);

/** Once the settings name no tags, a tag that waited for them says only that a customer changed. */
const sendsCustomer = ({ kind, settings }: PrepareInput) =>
  kind === 'customer' || (kind === 'tags' && !readsTags(settings));

function isTopicOff(input: PrepareInput): boolean {
  const { send } = input.settings;
  return (sendsOrder(input) && !send.orders) || (sendsCustomer(input) && !send.customers);
}

/** What is decided of a delivery before anything else: its flags, and whether its lists are due. */
type Decided = { decisions: Record<FlagChannel, FlagDecision>; lists: ReturnType<typeof listsDecision> };

/** How a delivery ends that isn't worth sending; null: it is. */
function endsUnsent(input: PrepareInput, { decisions, lists }: Decided): Ending | null {
  const isWorthIt = isAnyDue(decisions) || lists.send;
  const otherwise = input.again ? null : input.otherwise;
  const leftOut = leftOutOrder(input);
  if (isTopicOff(input) && !(input.choice && isWorthIt && leftOut === null)) return skip('topic_off');
  if (leftOut) return skip(otherwise ?? leftOut);
  if (input.isGone && !input.about) return gone;
  if (input.kind === 'consent' && input.about && !input.again) {
    const { channel, factId } = input.about;
    const outcome = isAboutAddress(channel) ? consentOutcome(input, { channel, factId }, decisions[channel]) : noChoice;
    if (outcome) return outcome;
  }
  if (otherwise && !isWorthIt) return skip(otherwise);
  if (input.kind === 'read' && !input.otherwise && !input.again) {
    const outcome = readOutcome(input, decisions);
    if (outcome) return outcome;
  }
  if (input.isGone && !Object.values(decisions).some(({ send }) => send === false)) return gone;
  return null;
}

/** Builds the payload, and says what it carries, unless it would reach nobody or not be understood. */
function build(input: PrepareInput, { decisions, lists }: Decided): Prepared {
  const contact = withLost(input.contact, decisions);
  // They had an address when their event arrived, or it is resent.
  if (!reachedAt(contact)) return { decisions, ...skip('no_contact') };
  const { settings, mapped } = input;
  const onlyChoice = isTopicOff(input);
  const purchase = onlyChoice || input.otherwise ? null : input.purchase;
  const said = { contact, purchase, settings, mapped };
  const built = buildPayload({
    ...(settings.format === 'xml' ? textsForXml(said) : said),
    flags: decisions,
    lists,
    now: input.now,
  });
  const valid = validatePayload(built.payload);
  if (!valid.ok) {
    const detail = valid.faults.reduceRight<Text | null>((next, { text }) => inTurn(text, next), null);
    return { decisions, ...settle({ state: 'attention', reason: 'invalid_payload' }, detail && keepDetail(detail)) };
  }
  const { payload } = valid;
  const flags: Partial<Record<FlagChannel, boolean>> = {};
  if (payload.EmailPermission !== undefined) flags.email = payload.EmailPermission;
  if (payload.SMSPermission !== undefined) flags.sms = payload.SMSPermission;
  if (payload.PhonePermission !== undefined) flags.phone = payload.PhonePermission;
  if (payload.AddressPermission !== undefined) flags.postal = payload.AddressPermission;
  const sendsLists = payload.ProviderType !== undefined;
  return {
    decisions,
    kind: 'send',
    payload,
    fields: built.fields,
    flags,
    sendsLists,
    content: contentKey(payload),
    onlyContent: Object.keys(flags).length === 0 && !sendsLists,
    onlyChoice,
  };
}

/**
 * What to do with one delivery, right before sending: settle it without sending, or build a payload
 * with the flags that are due. Pure: every input is an argument.
 */
export function prepare(input: PrepareInput): Prepared {
  const decisions = decideAll(input);
  // Lists may be due although Ascent360 has accepted the opt-in. They are held back by what would
  // hold it back if it hadn't.
  const lists = listsDecision(input, () => decideOne(input, 'email', asUntold(input.told.email)));
  const decided = { decisions, lists };
  const ending = endsUnsent(input, decided);
  return ending ? { decisions, ...ending } : build(input, decided);
}
