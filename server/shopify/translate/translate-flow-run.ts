import { type Translated, TranslationError } from '../../domain/translated.ts';
import type { Body } from '../parse-body.ts';
import { flowRunSchema } from '../payloads.ts';

/**
 * A run of the Flow action "Send to Ascent360".
 * @throws TranslationError when it names no customer
 */
export function translateFlowRun(body: Body): Translated {
  const { properties } = flowRunSchema.parse(body);
  if (properties?.customer_id === undefined) {
    throw new TranslationError('workflow_without_customer');
  }
  const { customer_id: customerId, activities = [], interests = [] } = properties;
  return { kind: 'flow', customerId, added: { activities, interests } };
}
