/**
 * The one world in which all histories happen: time, chance, a database, a process that may die,
 * Shopify and Ascent360.
 */
import { parseSettings } from '../../server/domain/settings/contract.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { noteCall } from '../../server/store/shops/installation.ts';
import type { AdminDeps } from './admin.ts';
import { takeChance } from './chance.ts';
import { takeClock } from './clock.ts';
import { beginLife, Crash, type Life } from './crash.ts';
import { openSimulatedDatabase } from './database.ts';
import type { Rules } from './model/account.ts';
import { learnAskedOrder, learnRead, learnWebhook } from './model/learn.ts';
import { type Process, startProcess } from './process.ts';
import { type Receiver, type Sender, startReceiver } from './receiver.ts';
import { type Scene, sinceOf } from './scene.ts';
import type { Customer } from './shopify.ts';
import { createTold, type ToldBook } from './told-book.ts';
import type { Webhook } from './webhooks.ts';

export type Violation = { at: number; what: string };

export class World {
  readonly clock = takeClock();
  readonly chance = takeChance();
  readonly #database: Awaited<ReturnType<typeof openSimulatedDatabase>>;
  readonly #files = new Map<string, string>();
  life: Life = beginLife();
  /** The process that receives, and does the chores. */
  process: Process;
  /** Others that work on the same database. */
  #helpers: Process[] = [];
  receiver: Receiver;
  /** What each process knows about what it sent. */
  #books: ToldBook[] = [];
  scene: Scene | null = null;
  violations: Violation[] = [];
  crashes = 0;
  /** Whether the app gets tokens. */
  access = true;
  workers = 1;
  /**
   * What Shopify answered since the process began to ask, and which may or may not have been
   * recorded.
   */
  #answers: { customer: Customer; at: number; may: number; bulk: boolean }[] = [];

  /** Nobody knows yet whether they were stored. */
  readonly #arriving: Webhook[] = [];

  private constructor(database: Awaited<ReturnType<typeof openSimulatedDatabase>>) {
    this.#database = database;
    this.receiver = this.#openReceiver();
    this.process = this.#start();
  }

  static async create(): Promise<World> {
    const world = new World(await openSimulatedDatabase(() => Date.now()));
    return world;
  }

  get here(): Scene {
    if (this.scene === null) throw new Error('No history has begun');
    return this.scene;
  }

  wrong(what: string): void {
    this.violations.push({ at: this.clock.now(), what });
  }

  look = <Row extends object>(text: string, params: readonly (string | number)[] = []): Row[] =>
    this.#database.look<Row>(text, params);

  #openReceiver(): Receiver {
    return startReceiver({
      now: this.clock.now,
      account: () => this.here.account,
      next: () => this.here.answers.shift() ?? 'ok',
      meanwhile: async (answer) => {
        if (answer === 'slow') {
          this.clock.advance(3000);
          const [late] = this.here.air;
          if (late) await this.receive(late);
        }
        if (answer === 'hang' || answer === 'hangTaken') this.clock.advance(15_000);
      },
      wrong: (what) => this.wrong(what),
    });
  }

  /** The database as one process uses it, and that process as Ascent360 sees it. */
  #workOn(db: Omit<Db, 'within'>, { step }: Life): { db: Db; sender: Sender } {
    const told = createTold();
    this.#books.push(told);
    let place = 0;
    const connected: Db = {
      ...db,
      within: () => connected,
      transaction: async (work) => {
        let begun = 0;
        const result = await db.transaction(async (sql) => {
          place = this.scene?.account.place ?? 0;
          begun = told.begin();
          return await work(sql);
        });
        told.committed(begun);
        return result;
      },
    };
    const sent: Sender['sent'] = (flags, outcome) => told.note(this.here.account, flags, outcome);
    return { db: connected, sender: { step, place: () => place, sent } };
  }

  #startProcess(life: Life, shared: Omit<Db, 'within'>, leads: boolean): Process {
    const { db, sender } = this.#workOn(shared, life);
    return startProcess({
      clock: this.clock,
      db,
      life,
      leads,
      woke: (shopId) => {
        if (leads) for (const helper of this.#helpers) helper.wake(shopId);
      },
      workTogether: () => this.work(),
      random: () => this.chance.random(),
      shopify: () =>
        this.here.installed ? this.here.shopify : { customers: new Map(), orders: new Map(), mergedInto: new Map() },
      answered: (spoken) => this.#answered(spoken),
      files: this.#files,
      send: (guid, body) => this.receiver.send(guid, body, sender),
    });
  }

  /** All processes start; they die together. @returns the one that receives */
  #start(): Process {
    const life = beginLife();
    this.life = life;
    this.#books = [];
    this.receiver.cut();
    const db = this.#database.connect(life);
    this.process = this.#startProcess(life, db, true);
    this.#helpers = Array.from({ length: this.workers - 1 }, () => this.#startProcess(life, db, false));
    return this.process;
  }

  #answered({ customers, orders, bulk }: Parameters<AdminDeps['answered']>[0]): void {
    const { account } = this.here;
    const now = this.clock.now();
    // The search for silent shops only counts what others will read.
    const isKept = this.process.chore() !== 'silence';
    for (const customer of customers) {
      const may = ++account.place;
      const copy = { ...customer, consent: { ...customer.consent }, tags: new Set(customer.tags) };
      if (isKept) this.#answers.push({ customer: copy, at: now, may, bulk });
      const known = { may, must: Number.POSITIVE_INFINITY };
      learnRead(account, copy, { since: sinceOf(this.here, copy), now, bulk, ...known });
      if (isKept) account.askedSince.add(customer.id);
    }
    for (const order of orders) {
      account.place++;
      learnAskedOrder(account, order);
    }
  }

  /** The work that asked Shopify has ended well, so its answers are recorded. */
  #answersWritten(isWork: boolean): void {
    const { account } = this.here;
    const place = ++account.place;
    account.workedOff = isWork ? place : account.workedOff;
    for (const { customer, at, bulk } of this.#answers.splice(0)) {
      const since = sinceOf(this.here, customer);
      learnRead(account, customer, { since, now: at, bulk, may: place, must: place });
    }
  }

  begin(scene: Scene): void {
    this.#database.clear();
    this.#files.clear();
    this.scene = scene;
    this.violations = [];
    this.#answers = [];
    this.receiver.requests.length = 0;
    this.#start();
  }

  /**
   * Does something during which the process may die, and restarts it if it did. @returns whether it
   * survived
   */
  async survive(work: () => Promise<unknown>, isWork = false): Promise<boolean> {
    try {
      await Promise.race([work(), this.life.end]);
      this.#answersWritten(isWork);
      return true;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes++;
      const { account, air } = this.here;
      for (const webhook of this.#arriving.splice(0)) {
        learnWebhook(account, webhook, false);
        air.push(webhook);
      }
      this.#answers = [];
      for (const told of this.#books) told.lose(account);
      account.listsTold.clear();
      this.#start();
      return false;
    }
  }

  /** The app receives a webhook; one that it doesn't acknowledge arrives again. */
  async receive(webhook: Webhook): Promise<void> {
    const { here } = this;
    here.air = here.air.filter((one) => one !== webhook);
    this.#arriving.push(webhook);
    const { inbox, shops, wake } = this.process;
    const shop = await shops.ensure(here.domain);
    await inbox.store({
      shop,
      webhookId: webhook.id,
      topic: webhook.topic,
      shopifyEventId: null,
      apiVersion: '2026-10',
      triggeredAt: webhook.triggeredAt,
      receivedAt: this.clock.now(),
      body: Buffer.from(JSON.stringify(webhook.body)),
      ...(webhook.source && { source: webhook.source }),
    });
    this.#arriving.splice(this.#arriving.indexOf(webhook), 1);
    if (!here.acknowledged.has(webhook.id)) learnWebhook(here.account, webhook, true);
    here.acknowledged.add(webhook.id);
    wake(shop.id);
  }

  async work(): Promise<void> {
    await Promise.all([this.process, ...this.#helpers].map(async (one) => await one.work()));
  }

  /** The merchant opens the app, which gets a token if Shopify can be asked. */
  async open(): Promise<void> {
    const shop = await this.process.shops.ensure(this.here.domain);
    const now = this.clock.now();
    await noteCall(this.process.db, shop, { earliest: now, latest: now });
    if (this.access) await this.process.exchange(shop);
    this.process.wake(shop.id);
  }

  async save(rules: Rules, how: { newAccount: boolean; paused: boolean }): Promise<void> {
    const { listIds, listsFor, orders, customers } = rules;
    const parsed = parseSettings(
      {
        guid: this.here.guid,
        newAccount: how.newAccount,
        consent: { email: rules.email, sms: rules.sms },
        providerType: listIds.length > 0 ? 3 : null,
        listIds,
        listsFor,
        send: { orders, customers },
        mapping: {
          phonePermission: { optIn: 'call-ok', optOut: 'call-stop' },
          addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' },
        },
        paused: how.paused,
      },
      { developmentStore: false },
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    const shop = await this.process.shops.ensure(this.here.domain);
    await this.process.settings.save(shop, parsed, '42', this.clock.now());
    this.process.wake(shop.id);
  }

  async close(): Promise<void> {
    this.clock.release();
    this.chance.release();
    await this.#database.close();
  }
}
