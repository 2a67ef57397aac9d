import type { FoundFact } from '../consent.ts';
import { type Contact, fullName, reachedAt } from '../contact.ts';
import type { Summary, Translated } from '../translated.ts';
import { inEnglish } from './in-english.ts';
import type { Text } from './text.ts';

/**
 * A short line for the activity list: who it is about and what happened. Unknown parts are left
 * out.
 */
export function summarise(event: Translated): Summary {
  switch (event.kind) {
    case 'order': {
      const { name } = event.purchase;
      const text: Text = name
        ? { code: 'summary.named', params: { name } }
        : { code: 'summary.order', params: { id: event.id } };
      return line(whoIs(event.contact), text);
    }
    case 'customer':
      return line(whoIs(event.contact), { code: 'summary.customer', params: { id: event.id } });
    case 'consent':
      return line(event.fact.addressAsWritten, choiceText(event.fact));
    case 'tags':
      return line(null, tagsText(event));
    case 'flow':
      return line(null, { code: 'summary.flow', params: { id: event.customerId } });
    case 'customer_deleted':
      return line(null, { code: 'summary.customer_deleted', params: { id: event.customerId } });
    case 'merge':
      return line(null, mergeText(event));
    case 'uninstalled':
      return line(null, { code: 'summary.uninstalled' });
    case 'lifecycle':
      return line(event.shop.name, { code: 'summary.shop' });
    case 'compliance':
      return line(event.email ?? event.phone, { code: `summary.${event.request}` });
    case 'incomplete':
      return line(null, { code: `summary.${event.what}`, params: { id: event.id } });
  }
}

function choiceText({ channel, state }: FoundFact): Text {
  return { code: 'summary.choice', params: { channel, state: state ?? 'none' } };
}

function tagsText({ change, tags }: Extract<Translated, { kind: 'tags' }>): Text {
  if (tags.length === 0) return { code: 'summary.tags_none' };
  return { code: `summary.tags_${change}`, params: { tags: tags.join(', ') } };
}

function mergeText({ completed, keptId }: Extract<Translated, { kind: 'merge' }>): Text {
  if (!completed) return { code: 'summary.merge_not_completed' };
  return keptId ? { code: 'summary.merged', params: { id: keptId } } : { code: 'summary.merged_unknown' };
}

const whoIs = (contact: Contact) => reachedAt(contact) ?? fullName(contact);

function line(who: string | null | undefined, text: Text): Summary {
  const what = { what: inEnglish(text), text };
  return who ? { who, ...what } : what;
}
