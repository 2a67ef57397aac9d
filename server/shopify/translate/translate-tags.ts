import { type EventContext, type Translated, TranslationError } from '../../domain/translated.ts';
import type { Body } from '../parse-body.ts';
import { tagsSchema } from '../payloads.ts';
import { readChosenAt } from './read-moment.ts';

/**
 * customer.tags_added and customer.tags_removed.
 * @throws TranslationError when the customer is not named
 */
export function translateTags(body: Body, ctx: EventContext): Translated {
  const { customerId, tags, occurredAt } = tagsSchema.parse(body);
  if (customerId === undefined) throw new TranslationError('tags_without_customer');
  return {
    kind: 'tags',
    customerId,
    change: ctx.topic.toLowerCase() === 'customer.tags_removed' ? 'removed' : 'added',
    tags: tags ?? [],
    occurredAt: readChosenAt(occurredAt, ctx, false).chosenAt,
  };
}
