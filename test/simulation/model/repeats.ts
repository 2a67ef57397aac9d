/**
 * What Ascent360 already has isn't sent again (SPEC 7.2): an order or a customer whose content is
 * the last accepted one, with no flag and no list.
 */
import type { Account } from './account.ts';

type Sent = {
  EmailPermission?: boolean;
  SMSPermission?: boolean;
  PhonePermission?: boolean;
  AddressPermission?: boolean;
  ListIds?: readonly string[];
  FirstName?: string;
  Order?: { Id: string };
};

const FLAGS = ['EmailPermission', 'SMSPermission', 'PhonePermission', 'AddressPermission'] as const;

const isBare = (sent: Sent) => !sent.ListIds && FLAGS.every((flag) => sent[flag] === undefined);
export const orderSubject = (id: string | number) => `order ${id}`;
export const customerSubject = (name: string) => `customer ${name}`;
const subjectOf = ({ Order, FirstName }: Sent) => (Order ? orderSubject(Order.Id) : customerSubject(FirstName ?? ''));
/** Keys that say nothing about what an order or a customer is like. */
const LEFT_OUT = new Set<string>([...FLAGS, 'ListIds', 'ProviderType', 'UpdatedAt', 'Event']);
const contentOf = (sent: Sent) =>
  JSON.stringify(sent, (key, value: unknown) => (LEFT_OUT.has(key) ? undefined : value));

export const whyRepeated = (account: Account, sent: Sent): string | null =>
  isBare(sent) && !account.mayGoBare && !account.mayRepeat && account.contents.get(subjectOf(sent)) === contentOf(sent)
    ? 'what Ascent360 has already, and nothing else'
    : null;

/**
 * Ascent360 accepted it. A flag or a list may have gone out with a contact that is no state of a
 * customer. What was accepted while an erasure waited is forgotten with it.
 */
export function noteContent(account: Account, sent: Sent): void {
  if (account.erasedSubjects.has(subjectOf(sent))) return;
  if (sent.Order || isBare(sent)) account.contents.set(subjectOf(sent), contentOf(sent));
  else account.contents.delete(subjectOf(sent));
}

/** It isn't known whether Ascent360 took it: what it had before may be gone. */
export const forgetContent = (account: Account, sent: Sent): void => void account.contents.delete(subjectOf(sent));
