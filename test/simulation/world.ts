/**
 * The one world in which all histories happen: time, chance, a database, a process that may die,
 * Shopify and Ascent360.
 */
import type { Db } from '../../server/platform/database/db.ts';
import { isOutage } from '../../server/platform/database/outage.ts';
import { createKeys } from '../../server/platform/keys.ts';
import type { BulkFile, Spoken } from './admin.ts';
import { takeChance } from './chance.ts';
import { takeClock } from './clock.ts';
import { type Connection, connectProcess, type Fault } from './connection.ts';
import { beginLife, Crash, type Life } from './crash.ts';
import { openSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { type Amid, type Lapse, MINUTE } from './history.ts';
import { adoptImports, noteEnded, noteSaid } from './imports.ts';
import { forgetRecorded } from './model/account.ts';
import { learnAskedOrder, learnRead, learnWebhook } from './model/learn.ts';
import { type Process, startProcess } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Scene, type Since, sinceOf } from './scene.ts';
import { noteErased, noteErasure } from './shop-erasure.ts';
import { type Customer, emptyShopify } from './shopify.ts';
import { store } from './store.ts';
import type { Webhook } from './webhooks.ts';

export type Violation = { at: number; what: string };

/** Time passed for another request meanwhile: the route answers 503. */
const isTooSlow = (error: unknown) => error instanceof Error && error.message.startsWith('Not stored within');

const isUnread = (file: BulkFile | null) => file !== null && !file.isRead;

export class World {
  readonly clock = takeClock();
  readonly chance = takeChance();
  readonly #database: SimulatedDatabase;
  readonly #files = new Map<string, BulkFile>();
  life: Life = beginLife();
  /** The process that receives. */
  process: Process;
  /** The one that answers the merchant, and does nothing else. */
  page: Process;
  /** Others that work on the same database. */
  #helpers: Process[] = [];
  receiver: Receiver;
  #connections: Connection[] = [];
  /** The shops of the history. */
  scenes: readonly Scene[] = [];
  violations: Violation[] = [];
  /** What happens while the next answers are on their way. */
  amid: Record<NonNullable<Amid>, (() => Promise<void>)[]> = { shopify: [], ascent360: [] };
  #isSurviving = false;
  /** The app will keep what Shopify's answer says. */
  #isAnswerKept = false;
  crashes = 0;
  /** How often somebody looked for what is due. */
  #sweeps = 0;
  workers = 1;
  /** How far ahead of the database's clock each process's is. */
  clocks: readonly number[] = [];
  /** How far all clocks but Shopify's are behind, and how far the database's has jumped ahead of those. */
  #behind: { ms: number; jumped: number };
  batch: number | null = null;
  /** The numbers of the encryption keys, the newest first. */
  #keys: [number, ...number[]] = [1];
  /** The database fails `times` times, `statements` from now. */
  outage = { statements: 0, times: 0, done: false };
  /** Nobody but the app itself is to notice that something fails. */
  #mayFail = false;
  /** Something failed since the process began to work: it may not have kept what it learned. */
  #hasFailed = false;
  /**
   * What Shopify answered since the process began to ask, and which may or may not have been
   * recorded. What is in a file is recorded once the app has read that.
   */
  #answers: {
    scene: Scene;
    customer: Customer;
    since: Since;
    at: number;
    may: number;
    bulk: boolean;
    file: BulkFile | null;
  }[] = [];

  /** Nobody knows yet whether they were stored. */
  #arriving: { scene: Scene; webhook: Webhook }[] = [];

  private constructor(database: SimulatedDatabase, behind: { ms: number; jumped: number }) {
    this.#database = database;
    this.#behind = behind;
    this.receiver = this.#openReceiver();
    [this.process, this.page] = this.#start();
  }

  static async create(): Promise<World> {
    const behind = { ms: 0, jumped: 0 };
    return new World(await openSimulatedDatabase(() => Date.now() - behind.ms + behind.jumped), behind);
  }

  set behind(ms: number) {
    this.#behind.ms = ms;
    this.#behind.jumped = 0;
  }

  /** The database's clock alone is set, and the processes' are as they should be. */
  jump(ms: number): void {
    this.clocks = [];
    this.#behind.jumped = ms;
  }

  wrong(what: string): void {
    this.violations.push({ at: this.clock.now(), what });
  }

  /** Something failed of which nobody expects that it can: the history ends, and all its processes do. */
  fail(error: unknown): void {
    this.wrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#isSurviving = this.#mayFail = false;
    this.life.light(1);
    void this.life.step();
    this.#start();
  }

  look = <Row extends object>(text: string, params: readonly (string | number)[] = []): Row[] =>
    this.#database.look<Row>(text, params);

  #openReceiver(): Receiver {
    return startReceiver({
      now: this.clock.now,
      owner: (guid) =>
        this.scenes.find((scene) => !scene.erased && [scene, ...scene.former].some((one) => one.guid === guid)) ?? null,
      meanwhile: async (scene, answer) => {
        const happened = await this.#happenAmid('ascent360');
        if (happened && this.workers > 1) await this.#workMeanwhile();
        if (answer === 'slow') {
          this.clock.advance(3000);
          const [late] = scene.air;
          if (late) await this.receive(scene, late);
        }
        if (answer === 'hang' || answer === 'hangTaken') this.clock.advance(15_000);
        if (answer !== 'frozen') return;
        this.clock.advance(70_000);
        await this.process.free();
        if (this.workers > 1) await this.work();
      },
      wrong: (what) => this.wrong(what),
    });
  }

  #fault(): Fault {
    const { outage } = this;
    if (!this.#mayFail || outage.times === 0) return null;
    if (--outage.statements >= 0) return null;
    outage.times--;
    this.#hasFailed = true;
    for (const { account } of this.scenes) forgetRecorded(account);
    return outage.done ? 'done' : 'undone';
  }

  #lapse(domain: string): Lapse | null {
    const lapse = (this.#mayFail && this.#sceneOf(domain).lapses.shift()) || null;
    this.#hasFailed ||= lapse !== null;
    return lapse;
  }

  /** Nothing fails any more. */
  heal(): void {
    this.outage.times = 0;
    for (const scene of this.scenes) scene.lapses = [];
  }

  #sceneOf(domain: string): Scene {
    const scene = this.scenes.find((one) => one.domain === domain);
    if (!scene) throw new Error(`${domain} is no shop of this history`);
    return scene;
  }

  #openKeys() {
    const [first, ...others] = this.#keys.map((one) => ({ id: `key ${one}`, bytes: Buffer.alloc(32, one) }));
    if (!first) throw new Error('There is a key');
    return createKeys([first, ...others]);
  }

  /** @param place among those that work; null: the merchant's */
  #startProcess(life: Life, shared: Omit<Db, 'within'>, place: number | null): Process {
    const leads = place === 0;
    const doing = { shopId: null };
    const fault = () => (place === null ? null : this.#fault());
    const connection = connectProcess(shared, { doing, life, fault }, () => this.scenes);
    this.#connections.push(connection);
    const started: Process = startProcess({
      clock: this.clock,
      db: connection.db,
      life,
      leads,
      batch: this.batch,
      ahead: () => (this.clocks[place ?? 0] ?? 0) - this.#behind.ms,
      keys: this.#openKeys(),
      doing,
      woke: (shopId) => {
        if (place === null) this.process.wake(shopId);
        if (leads) for (const helper of this.#helpers) helper.wake(shopId);
      },
      doChores: async (passed) => {
        // Whichever process gets to them first.
        const all = [this.process, ...this.#helpers];
        await all[this.#sweeps++ % all.length]?.doChores(passed, () => this.work());
      },
      workTogether: () => this.work(),
      random: () => this.chance.random(),
      shopify: (domain) => {
        const scene = this.#sceneOf(domain);
        return scene.installed ? scene.shopify : emptyShopify();
      },
      isRevoked: (domain) => this.#sceneOf(domain).revoked,
      isAbsent: (domain, id) =>
        started.chore() !== 'import' && (this.#sceneOf(domain).absent.get(id) ?? 0) > this.clock.now(),
      lapse: (domain) => this.#lapse(domain),
      answered: (domain, spoken) => this.#answered(this.#sceneOf(domain), spoken, started.chore()),
      meanwhile: async () => {
        const isKept = this.#isAnswerKept;
        this.#isAnswerKept = false;
        if (isKept) await this.#happenAmid('shopify');
      },
      files: this.#files,
      send: (guid, body) => this.receiver.send(guid, body, connection.sender),
    });
    return started;
  }

  async #happenAmid(whose: NonNullable<Amid>): Promise<boolean> {
    const event = this.amid[whose].shift();
    if (!event) return false;
    this.clock.advance(1000);
    await event();
    this.clock.advance(1000);
    return true;
  }

  /** Another process does what is due meanwhile, and the chores. */
  async #workMeanwhile(): Promise<void> {
    await Promise.all(this.#idle().map(async (one) => await one.work()));
    const isFree = [this.process, ...this.#helpers].every((one) => one.chore() === null);
    if (isFree) await this.process.doChores(20 * MINUTE);
    await Promise.all(this.#idle().map(async (one) => await one.work()));
  }

  #idle = () => [this.process, ...this.#helpers].filter((one) => !one.isBusy());

  /** All processes start; they die together. @returns the one that receives, and the merchant's */
  #start(): [Process, Process] {
    this.life = beginLife();
    this.#connections = [];
    this.receiver.cut();
    this.#helpers = [];
    // One transaction at a time, of whichever process.
    const shared = this.#database.connect(this.life);
    this.process = this.#startProcess(this.life, shared, 0);
    this.#helpers = Array.from({ length: this.workers - 1 }, (_, i) => this.#startProcess(this.life, shared, i + 1));
    this.page = this.#startProcess(this.life, shared, null);
    return [this.process, this.page];
  }

  #answered(scene: Scene, spoken: Spoken, chore: string | null): void {
    const { account } = scene;
    const now = this.clock.now();
    if (chore === 'import') {
      this.#isAnswerKept = noteSaid(scene, spoken, now, (id) => this.#importState(id) === 'running');
      return;
    }
    // The search for silent shops only counts what others will read.
    const isKept = chore !== 'silence';
    this.#isAnswerKept = isKept;
    const bulk = spoken.bulk !== null;
    for (const customer of spoken.customers) {
      if (isKept && !bulk) scene.asked.add(customer.id);
      const may = ++account.place;
      const copy = { ...customer, consent: { ...customer.consent }, tags: new Set(customer.tags) };
      const since = sinceOf(scene, copy);
      const { partly, file = null } = spoken;
      if (isKept && !partly) this.#answers.push({ scene, customer: copy, since, at: now, may, bulk, file });
      const known = { may, must: Number.POSITIVE_INFINITY };
      learnRead(account, copy, { since, now, bulk, ...known });
    }
    for (const order of spoken.orders) {
      account.place++;
      learnAskedOrder(account, order);
    }
  }

  /** What is in a file can still be read. */
  #dropAnswers(): void {
    this.#answers = this.#answers.filter(({ file }) => isUnread(file));
  }

  /** The work that asked Shopify has ended well, so its answers are recorded. */
  #answersWritten(isWork: boolean): void {
    for (const { account } of this.scenes) {
      const place = ++account.place;
      account.workedOff = isWork ? place : account.workedOff;
    }
    const answers = this.#answers;
    this.#dropAnswers();
    for (const { scene, customer, since, at, bulk, file } of answers) {
      if (isUnread(file)) continue;
      const { account } = scene;
      // What was asked about somebody who is erased before the answer is written is dropped.
      const isErased = (account.erasedAt.get(customer.id) ?? Number.NEGATIVE_INFINITY) >= at;
      const must = isErased ? Number.POSITIVE_INFINITY : account.place;
      learnRead(account, customer, { since, now: at, bulk, may: account.place, must });
    }
    for (const scene of this.scenes) {
      noteErased(scene, this.look);
      if (isWork) noteEnded(scene, (id) => this.#importState(id));
    }
  }

  #importState = (id: string) =>
    this.look<{ state: string }>('SELECT state FROM imports WHERE id = $1', [id]).at(0)?.state;

  begin(scenes: readonly Scene[]): void {
    this.#database.clear();
    this.#files.clear();
    this.scenes = scenes;
    this.violations = [];
    this.amid = { shopify: [], ascent360: [] };
    this.#isAnswerKept = false;
    this.#answers = [];
    this.#arriving = [];
    this.receiver.requests.length = 0;
    this.#keys = [1];
    this.#sweeps = 0;
    this.outage = { statements: 0, times: 0, done: false };
    this.#start();
  }

  /**
   * Does something during which the process may die, and restarts it if it did. What happens while that is being
   * done dies with it. @returns whether it survived
   */
  async survive(work: () => Promise<unknown>, isWork = false): Promise<boolean> {
    if (this.#isSurviving) {
      await work();
      return true;
    }
    this.#isSurviving = true;
    this.#mayFail = isWork;
    this.#hasFailed = false;
    try {
      await Promise.race([work(), this.life.end]);
      if (this.#hasFailed) this.#dropAnswers();
      this.#answersWritten(isWork && !this.#hasFailed);
      return true;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes++;
      for (const { scene, webhook } of this.#arriving.splice(0)) this.#perhapsStored(scene, webhook);
      this.#dropAnswers();
      for (const { lose } of this.#connections) lose();
      for (const { account } of this.scenes) forgetRecorded(account);
      this.#start();
      for (const scene of this.scenes) {
        // It may have died right after that.
        noteErased(scene, this.look);
        adoptImports(scene, this.look);
      }
      return false;
    } finally {
      this.#mayFail = false;
      this.#isSurviving = false;
    }
  }

  /**
   * The app starts anew with another encryption key before those it had, and wraps all shops' keys
   * with it. Once that is done, it starts without the others the next time.
   */
  async rotateKey(): Promise<void> {
    this.#keys = [this.#keys[0] + 1, ...this.#keys];
    for (const { lose } of this.#connections) lose();
    this.#start();
    const isDone = await this.survive(async () => await this.process.shops.rewrapKeys());
    if (isDone) this.#keys = [this.#keys[0]];
  }

  /** The app receives a webhook; one that it doesn't acknowledge arrives again. */
  async receive(scene: Scene, webhook: Webhook): Promise<void> {
    scene.air = scene.air.filter((one) => one !== webhook);
    const arriving = { scene, webhook };
    this.#arriving.push(arriving);
    const isStored = await this.#store(scene, webhook);
    this.#arriving.splice(this.#arriving.indexOf(arriving), 1);
    if (!isStored) {
      this.#perhapsStored(scene, webhook);
      return;
    }
    if (!scene.acknowledged.has(webhook.id)) learnWebhook(scene.account, webhook, true);
    scene.acknowledged.add(webhook.id);
    noteErasure(scene, webhook, 'surely');
  }

  /** Nobody learns whether it is stored: Shopify sends it again. */
  #perhapsStored(scene: Scene, webhook: Webhook): void {
    learnWebhook(scene.account, webhook, false);
    noteErasure(scene, webhook, 'perhaps');
    scene.air.push(webhook);
  }

  async #store(scene: Scene, webhook: Webhook): Promise<boolean> {
    const mightFail = this.#mayFail;
    this.#mayFail = true;
    try {
      await store(this.process, scene, webhook, this.clock.now() - this.#behind.ms);
      return true;
    } catch (error) {
      if (!isOutage(error) && !isTooSlow(error)) throw error;
      return false;
    } finally {
      this.#mayFail = mightFail;
    }
  }

  async work(): Promise<void> {
    await Promise.all([this.process, ...this.#helpers].map(async (one) => await one.work()));
  }

  async close(): Promise<void> {
    this.clock.release();
    this.chance.release();
    await this.#database.close();
  }
}
