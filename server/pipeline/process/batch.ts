import type { Channel } from '../../domain/consent.ts';
import type { Contact } from '../../domain/contact.ts';
import type { ChangeHints } from '../../domain/needs-read.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { Settings } from '../../domain/settings.ts';
import type { Settled, SkippedReason } from '../../domain/states.ts';
import type { Translated } from '../../domain/translated.ts';
import type { Detail } from '../../domain/wording/details.ts';
import type { LedgerEntry, LedgerKey, NamedChoice } from '../../store/consent/facts.ts';
import type { DeliveryKind, DeliverySubject, LeavingAtOnce, NewDelivery } from '../../store/deliveries/deliveries.ts';
import type { EntityState } from '../../store/deliveries/entity-states.ts';
import type { EventFindings } from '../../store/events/events.ts';
import type { ParkedChoice } from '../../store/events/parked-events.ts';
import type { People, Person } from '../../store/people/people.ts';
import type { Installation } from '../../store/shops/installation.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** An event with what its body says. */
export type TranslatedEvent = {
  id: string;
  topic: string;
  triggeredAt: Instant;
  translated: Translated;
  /** The stored body's, in bytes; absent when none is stored. */
  length?: number;
  /** It was parked until its person had been read. Asking again would give the same answer. */
  hasWaited?: boolean;
} & Pick<EventFindings, 'summary'>;

/** What happens to an event next. */
export type Outcome = { settled: Settled | null; detail?: Detail | null; mergedInto?: string | null };

/**
 * Whether we may read the shop through the Admin API now, and how long a delivery waits for that,
 * in milliseconds.
 */
export type Reading = { may: boolean; waitMs: number };

/**
 * How long sending to a new customer waits for Shopify's other webhooks about them, in
 * milliseconds.
 */
export type QuietPeriod = { waitMs: number };

/**
 * The rows that a batch of one shop's events touches. They are loaded together, changed in memory
 * in the order of the events, and written together.
 */
export type Batch = {
  shop: Shop;
  life: Installation;
  settings: Settings | null;
  /** Whether the shop may be read through the Admin API. */
  mayRead: boolean;
  now: Instant;
  people: People;
  /** When the person, order or customer with this key was erased; null: never. */
  redactedAt(key: string): Instant | null;
  entity(key: string, kind: EntityState['kind']): EntityState;
  /** The person we know placed this order; undefined: unknown. */
  ownerOf(entity: string): Person | undefined;
  /** The event whose delivery for this order or customer is waiting to be sent; null: none. */
  waiting(entity: string): string | null;
  /** Closes the delivery that is waiting for this order or customer, so that its event ends so. */
  drop(entity: string, outcome: Outcome): void;
  /** That delivery brings a new choice, too. */
  bringChoice(entity: string): void;
  addFact(entry: Omit<LedgerEntry, 'id'>): string;
  /** What was added so far. */
  facts(): readonly LedgerEntry[];
  /**
   * The person's choices that named their address (as a hash). Known for people about whom an event
   * of the batch, or one before it, has a choice without an address.
   */
  namedChoices(person: Person, channel: Channel): NamedChoice[];
  /**
   * Asks Shopify about a person when something is missing, or when an event shows that it is out of
   * date.
   * @returns whether an answer is on its way, so that sending to them waits for it
   */
  ask(person: Person, news: ChangeHints): boolean;
  /**
   * Leaves an event open until its person has been read; with null, until the rest of its own body
   * has.
   * @param choice what it says about a choice whose address isn't known yet
   * @returns null when it has waited already
   */
  park(event: TranslatedEvent, person: Person | null, choice?: ParkedChoice | null): Outcome | null;
  /** Has events handled again that ended because their address wasn't known. */
  handleAgain(eventIds: readonly string[]): void;
  /** Moves what is waiting for a merged customer to the kept customer. */
  handOver(from: Person, to: Person): void;
  /**
   * Opens a delivery. An earlier state of the same order or customer that is still waiting is
   * merged into it.
   */
  deliver(
    event: { id: string },
    what: {
      kind: DeliveryKind;
      entity: string | null;
      person: Person | null;
      contact: Contact;
      subject: DeliverySubject;
      /** As in NewDelivery. */
      inBody?: boolean;
      /** What ask() returned. */
      waits: boolean;
      carriesOptOut?: boolean;
      /** Its event brought a new choice. */
      choice?: boolean;
    },
  ): Outcome;
  settle(event: TranslatedEvent, outcome: Outcome, search: readonly string[], entity: string | null): void;
  /** Settles an event about an erased person and erases its body. */
  erase(event: TranslatedEvent, outcome: Outcome): void;
  /** A customer was merged into one who has been erased since: they are erased with them. */
  eraseAlso(customer: ErasedWithAnother): void;
  erasedAlso(): readonly ErasedWithAnother[];
  /** An opt-out of theirs is about more addresses than its event's delivery tells. */
  tellOptOuts(person: Person): void;
  /** Those people. */
  optedOut(): string[];
  /** What the flags would have been about of those that gave way: what takes their place may go elsewhere. */
  leftBehind(): readonly LedgerKey[];
  /** They have changed to this address, or back to it, perhaps after a choice that we hear of only now. */
  moveTo(person: Person, address: { channel: Channel; hash: string }): void;
  /** Such changes while nothing may be read. */
  unreadMoves(): readonly Move[];
  /** People who were merged into others by these events. */
  mergedAway(): string[];
  /** The new ones among these merges: who was merged, and into whom. */
  newMerges(): Merge[];
  /** Whom they were merged into. */
  keptByMerges(): readonly Person[];
  /** Whether there is something new to read through the Admin API. */
  asked(): boolean;
  /**
   * When the deliveries waiting for other webhooks are due, in milliseconds from now; null: none
   * are.
   */
  quietMs(): number | null;
  /**
   * Writes everything.
   * @param leaving chooses which of the new deliveries leave at once; it sees what was written
   * @returns the subjects of the deliveries that are claimed later as JSON, by delivery id
   */
  save(leaving?: ChooseLeaving): Promise<ReadonlyMap<string, string>>;
};

/** What leaves at once, and what else is to be written for it once its deliveries are. */
export type ChosenToLeave = LeavingAtOnce & { note(): Promise<void> };
export type ChooseLeaving = (opened: readonly NewDelivery[], known: KnownInBatch) => Promise<ChosenToLeave | null>;

/** What a batch knows of its people, orders and customers. */
export type KnownInBatch = {
  people: People;
  entities: ReadonlyMap<string, EntityState>;
  /** The orders and customers that have a state being sent. */
  sending: ReadonlySet<string>;
};

export type Move = { person: Person; channel: Channel; address: string };

/** Of two people, by id. */
export type Merge = { from: string; to: string };

/** `eventId`: the merger. `at`: when the other was erased. */
export type ErasedWithAnother = { customerId: ShopifyId; eventId: string; at: Instant };

export type Of<K extends Translated['kind']> = Extract<Translated, { kind: K }>;

/** The state of an order or a customer. */
export type OfState = Of<'order' | 'customer'>;

export const skipped = (reason: SkippedReason, detail: Detail | null = null): Outcome => ({
  settled: { state: 'skipped', reason },
  detail,
});
