import type { FoundFact } from '../domain/consent.ts';
import type { Contact } from '../domain/contact.ts';
import type { Summary, Translated } from '../domain/translated.ts';

/** A short line for the activity list: who it is about, and what happened. What is unknown is left out. */
export function summarise(event: Translated): Summary {
  switch (event.kind) {
    case 'order':
      return line(whoIs(event.contact), event.purchase.name ?? `Order ${event.id}`);
    case 'customer':
      return line(whoIs(event.contact), `Customer ${event.id}`);
    case 'consent':
      return line(event.fact.addressAsWritten, describeChoice(event.fact));
    case 'tags':
      return line(null, `Tags ${event.change}${event.tags.length > 0 ? `: ${event.tags.join(', ')}` : ''}`);
    case 'flow':
      return line(null, `Flow sends customer ${event.customerId}`);
    case 'customer_deleted':
      return line(null, `Customer ${event.customerId} deleted`);
    case 'merge':
      return line(null, event.completed ? `Customer merged into ${event.keptId ?? 'another'}` : 'Merge not completed');
    case 'uninstalled':
      return line(null, 'App uninstalled');
    case 'lifecycle':
      return line(event.shop.name, 'Shop details');
    case 'compliance':
      return line(event.email ?? event.phone, REQUESTS[event.request]);
    case 'incomplete':
      return line(null, `${event.what === 'order' ? 'Order' : 'Customer'} ${event.id}`);
  }
}

const REQUESTS = {
  data_request: 'Data request',
  customer_redact: 'Erase a person',
  shop_redact: 'Erase the shop',
} as const;

const CHANNELS = { email: 'E-mail', sms: 'SMS', phone: 'Phone', postal: 'Post', whatsapp: 'WhatsApp' } as const;

function describeChoice({ channel, state }: FoundFact): string {
  return `${CHANNELS[channel]}: ${state?.replaceAll('_', ' ') ?? 'no state'}`;
}

function whoIs(contact: Contact): string | undefined {
  const name = [contact.firstName, contact.lastName].filter((part) => part !== undefined).join(' ');
  return contact.email ?? contact.mobile ?? contact.phone ?? (name === '' ? undefined : name);
}

function line(who: string | null | undefined, what: string): Summary {
  return who ? { who, what } : { what };
}
