import type { EventContext, Translated } from '../domain/translated.ts';
import { type Field, fieldPaths } from './fields.ts';
import {
  complianceSchema,
  customerDeletedSchema,
  customerSchema,
  emailConsentSchema,
  mergeSchema,
  orderSchema,
  scopesSchema,
  shopSchema,
  smsConsentSchema,
  tagsSchema,
  uninstalledSchema,
  whatsAppConsentSchema,
} from './payloads.ts';
import {
  translateCustomerRedact,
  translateDataRequest,
  translateShopRedact,
} from './translate/translate-compliance.ts';
import { translateEmailConsent, translateSmsConsent, translateWhatsAppConsent } from './translate/translate-consent.ts';
import { translateCustomer } from './translate/translate-customer.ts';
import { translateFlowRun } from './translate/translate-flow-run.ts';
import {
  translateCustomerDeleted,
  translateMerge,
  translateScopesUpdate,
  translateShopUpdate,
  translateUninstalled,
} from './translate/translate-lifecycle.ts';
import { translateOrder } from './translate/translate-order.ts';
import { translateTags } from './translate/translate-tags.ts';

export type TopicFamily = 'order' | 'customer' | 'consent' | 'tags' | 'lifecycle' | 'compliance' | 'flow';

/** `translate` throws only TranslationError. */
type Translate = (body: Record<string, unknown>, ctx: EventContext) => Translated;

export type Topic = {
  name: string;
  family: TopicFamily;
  translate: Translate;
  /** Listed under `topics` in shopify.app.toml; the app creates the other events itself. */
  subscribed: boolean;
  /** Listed under `compliance_topics` there. */
  compliance: boolean;
  /** The fields that shopify.app.toml asks for; empty for topics that arrive in full. */
  includeFields: readonly string[];
};

function topic(name: string, family: TopicFamily, schema: Field<unknown> | null, translate: Translate): Topic {
  const compliance = family === 'compliance';
  return {
    name,
    family,
    translate,
    subscribed: !compliance && family !== 'flow',
    compliance,
    includeFields: compliance || schema === null ? [] : fieldPaths(schema),
  };
}

/** The topic for runs of the Flow action; Shopify has no topic of this name. */
export const FLOW_RUN = 'flow/send';

/** Every topic the app knows: the single list behind the subscriptions, schemas and translators. */
export const topics: readonly Topic[] = [
  topic('orders/create', 'order', orderSchema, translateOrder),
  topic('orders/updated', 'order', orderSchema, translateOrder),
  topic('customers/create', 'customer', customerSchema, translateCustomer),
  topic('customers/update', 'customer', customerSchema, translateCustomer),
  topic('customers_email_marketing_consent/update', 'consent', emailConsentSchema, translateEmailConsent),
  topic('customers_marketing_consent/update', 'consent', smsConsentSchema, translateSmsConsent),
  topic('customers_whats_app_marketing_consent/update', 'consent', whatsAppConsentSchema, translateWhatsAppConsent),
  topic('customer.tags_added', 'tags', tagsSchema, translateTags),
  topic('customer.tags_removed', 'tags', tagsSchema, translateTags),
  topic('customers/delete', 'lifecycle', customerDeletedSchema, translateCustomerDeleted),
  topic('customers/merge', 'lifecycle', mergeSchema, translateMerge),
  topic('app/uninstalled', 'lifecycle', uninstalledSchema, translateUninstalled),
  topic('app/scopes_update', 'lifecycle', scopesSchema, translateScopesUpdate),
  topic('shop/update', 'lifecycle', shopSchema, translateShopUpdate),
  topic('customers/data_request', 'compliance', complianceSchema, translateDataRequest),
  topic('customers/redact', 'compliance', complianceSchema, translateCustomerRedact),
  topic('shop/redact', 'compliance', null, translateShopRedact),
  topic(FLOW_RUN, 'flow', null, translateFlowRun),
  // Records that an import reads; their bodies come from the Admin API.
  { ...topic('import/orders', 'order', null, translateOrder), subscribed: false },
  { ...topic('import/customers', 'customer', null, translateCustomer), subscribed: false },
];

const byName = new Map(topics.map((entry) => [entry.name, entry]));

/** Finds a topic by name, in any case; undefined if the app doesn't know it. */
export function topicOf(name: string): Topic | undefined {
  return byName.get(name.toLowerCase());
}

/** `include_fields` of a topic's subscription; empty if it has none or is unknown. */
export function includeFields(name: string): readonly string[] {
  return topicOf(name)?.includeFields ?? [];
}
