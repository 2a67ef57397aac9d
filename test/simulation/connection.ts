/** The database as one process uses it, and that process as Ascent360 sees it. */
import type { Db, Param } from '../../server/platform/database/db.ts';
import type { Life } from './crash.ts';
import type { Sender } from './receiver.ts';
import type { Scene } from './scene.ts';
import { createTold, type ToldBook } from './told-book.ts';

/** What a process is doing. `shopId`: for which shop; null: for none, or for a merchant. */
export type Doing = { shopId: number | null };

export type Connection = {
  db: Db;
  sender: Sender;
  /** The process died: what it had not recorded is unknown. */
  lose(): void;
};

/** Whether the database fails now, and has done what was asked. */
export type Fault = 'undone' | 'done' | null;

const outage = () => Object.assign(new Error('The database is away'), { code: '57P01' });

/** What one process knows about one shop. */
type Known = { told: ToldBook; place: number };

/**
 * One shop's transactions record nothing about another's, so each shop has a book of its own.
 * @param how.fault called with each statement or transaction
 * @param shops the shops of the history
 */
export function connectProcess(
  shared: Omit<Db, 'within'>,
  { doing, life, fault }: { doing: Doing; life: Life; fault(): Fault },
  shops: () => readonly Scene[],
): Connection {
  const known = new Map<Scene, Known>();
  const about = (scene: Scene): Known => {
    const there = known.get(scene) ?? { told: createTold(), place: 0 };
    known.set(scene, there);
    return there;
  };
  const concerned = () => shops().filter(({ shopId }) => doing.shopId === null || shopId === doing.shopId);
  const lose = () => {
    for (const { told } of known.values()) told.lose();
  };
  const fail = (): never => {
    lose();
    throw outage();
  };
  const db: Db = {
    ...shared,
    within: () => db,
    query: async <Row extends object>(text: string, params?: readonly Param[]) => {
      const failing = fault();
      if (failing === 'undone') fail();
      const rows = await shared.query<Row>(text, params);
      return failing === 'done' ? fail() : rows;
    },
    transaction: async (work) => {
      const failing = fault();
      let begun: { told: ToldBook; at: number }[] = [];
      const result = await shared.transaction(async (sql) => {
        begun = concerned().map((scene) => {
          const mine = about(scene);
          mine.place = scene.account.place;
          return { told: mine.told, at: mine.told.begin() };
        });
        const done = await work(sql);
        return failing === 'undone' ? fail() : done;
      });
      if (failing === 'done') fail();
      for (const { told, at } of begun) told.committed(at);
      return result;
    },
  };
  return {
    db,
    sender: {
      step: life.step,
      place: (scene) => about(scene).place,
      sent: (scene, account, flags, outcome) => about(scene).told.note(account, flags, outcome),
    },
    lose,
  };
}
