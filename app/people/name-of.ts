import type { PersonItem } from '../../server/features/people/api.ts';
import { textAt } from '../texts.ts';

/** What a person is called: by name, or else by an address or number, or else by id. */
export const nameOf = ({ name, email, mobile, phone, customerId }: PersonItem): string =>
  name ?? email ?? mobile ?? phone ?? customerId ?? textAt('people.nameless');
