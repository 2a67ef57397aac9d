import type { Contact } from '../domain/contact.ts';
import type { SkippedReason } from '../domain/states.ts';
import type { Translated } from '../domain/translated.ts';
import type { Outcome } from '../pipeline/process/batch.ts';

export type Of<K extends Translated['kind']> = Extract<Translated, { kind: K }>;

export const skipped = (reason: SkippedReason, detail: string | null = null): Outcome => ({
  settled: { state: 'skipped', reason },
  detail,
});

/** Whether Ascent360 could match it to a person. */
export const hasContact = (contact: Contact) => Boolean(contact.email ?? contact.phone ?? contact.mobile);
