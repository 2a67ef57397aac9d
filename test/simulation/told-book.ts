/**
 * What one process knows about the flags it sent for one shop: only what was recorded by a
 * transaction that began after the answer had arrived.
 */
import { type Account, keyOf, type Told } from './model/account.ts';
import type { Flag } from './model/check-request.ts';

export type Outcome = 'sending' | 'accepted' | 'refused' | 'unknown';

export type ToldBook = {
  note(account: Account, flags: readonly Flag[], outcome: Outcome): void;
  /** A transaction begins. @returns its number */
  begin(): number;
  committed(transaction: number): void;
  /** The process died: what was not recorded is unknown. */
  lose(): void;
};

const nothing: Told = { accepted: null, unknown: [] };

export function createTold(): ToldBook {
  let begun = 0;
  const unwritten: { account: Account; key: string; after: number; before: Told }[] = [];
  const settle = (account: Account, key: string, value: boolean, change: (told: Told) => Told) => {
    const told = account.told.get(key) ?? nothing;
    const at = told.unknown.indexOf(value);
    const unknown = at === -1 ? told.unknown : told.unknown.toSpliced(at, 1);
    account.told.set(key, change({ ...told, unknown }));
    unwritten.push({ account, key, after: begun, before: told });
  };
  return {
    note: (account, flags, outcome) => {
      for (const { channel, address, value } of flags) {
        const key = keyOf(channel, address);
        const told = account.told.get(key) ?? nothing;
        if (outcome === 'sending') account.told.set(key, { ...told, unknown: [...told.unknown, value] });
        if (outcome === 'accepted') settle(account, key, value, () => ({ accepted: value, unknown: [] }));
        if (outcome === 'refused') {
          settle(account, key, value, (before) => before);
          account.refused.add(key);
        }
      }
    },
    begin: () => ++begun,
    committed: (transaction) => {
      unwritten.splice(0, unwritten.length, ...unwritten.filter(({ after }) => after >= transaction));
    },
    lose: () => {
      for (const { account, key, before } of unwritten.splice(0).reverse()) account.told.set(key, before);
    },
  };
}
