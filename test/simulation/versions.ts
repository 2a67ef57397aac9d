/**
 * What the merchant had set before: what was claimed then goes out as it was set, also while the new
 * settings are being saved.
 */
import type { Account } from './model/account.ts';

/**
 * `from`: claims that began before this place don't have it; `until`: those from this place on
 * certainly have a later one.
 */
export type Version = { guid: string; account: Account; from: number; until: number };

export type Versioned = {
  account: Account;
  guid: string;
  /** What was set before, the oldest first. */
  former: Version[];
  /** The place from which on what is set now may count. */
  setFrom: number;
};

/** The merchant changes something. @returns to be called once it is saved */
export function change(shop: Versioned, make: (account: Account) => void): () => void {
  const { account, guid, setFrom: from } = shop;
  const before: Version = { guid, account, from, until: Number.POSITIVE_INFINITY };
  shop.former.push(before);
  // What is under way belongs to the one before.
  shop.account = { ...account, place: account.place + 1 };
  shop.setFrom = shop.account.place;
  make(shop.account);
  return () => {
    before.until = ++shop.account.place;
  };
}

/** What a claim may have seen that began at a place. */
export function versionsAt({ account, guid, former, setFrom }: Versioned, place: number): Omit<Version, 'from'>[] {
  return [
    ...former.filter(({ from, until }) => from <= place && place < until),
    ...(setFrom <= place ? [{ guid, account, until: Number.POSITIVE_INFINITY }] : []),
  ];
}

/** The shop is new. */
export function renew(shop: Versioned, account: Account): void {
  shop.account = account;
  shop.former = [];
  shop.setFrom = 0;
}
