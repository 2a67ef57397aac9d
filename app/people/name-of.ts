import type { PersonItem } from '../../server/features/people/api.ts';
import { textAt } from '../texts.ts';

/** What a person is called: by name, else by what reaches them, else by number. */
export const nameOf = ({ name, email, mobile, phone, customerId }: PersonItem): string =>
  name ?? email ?? mobile ?? phone ?? customerId ?? textAt('people.nameless');
