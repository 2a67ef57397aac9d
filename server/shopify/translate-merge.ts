import type { Translated } from '../domain/translated.ts';
import type { Body } from './parse-body.ts';
import { mergeSchema } from './payloads.ts';

/** customers/merge. Requested, running and failed merges come under the same topic: only a completed one happened. */
export function translateMerge(body: Body): Translated {
  const merge = mergeSchema.parse(body);
  return {
    kind: 'merge',
    completed: merge.status?.toLowerCase() === 'completed',
    keptId: merge.admin_graphql_api_customer_kept_id ?? null,
    deletedId: merge.admin_graphql_api_customer_deleted_id ?? null,
  };
}
