import type { EventContext, Translated } from '../../domain/translated.ts';
import type { Body } from '../parse-body.ts';
import { complianceSchema } from '../payloads.ts';
import { readEmail } from './read-email.ts';
import { readPhone } from './read-phone.ts';

type ComplianceRequest = Extract<Translated, { kind: 'compliance' }>['request'];

/** customers/data_request. Id, email and phone may each be missing. */
export function translateDataRequest(body: Body, ctx: EventContext): Translated {
  return aboutCustomer('data_request', body, ctx);
}

/** customers/redact, the same shape. */
export function translateCustomerRedact(body: Body, ctx: EventContext): Translated {
  return aboutCustomer('customer_redact', body, ctx);
}

/** shop/redact is about the whole shop. */
export function translateShopRedact(): Translated {
  return {
    kind: 'compliance',
    request: 'shop_redact',
    requestId: null,
    customerId: null,
    email: null,
    phone: null,
    unread: false,
    orderIds: [],
  };
}

/**
 * Email in lower case and phone in E.164, the form we look people up by. An odd email is kept too:
 * a person stored under it must be found.
 */
function aboutCustomer(request: ComplianceRequest, body: Body, ctx: EventContext): Translated {
  const { customer, ...told } = complianceSchema.parse(body);
  const phone = customer?.phone === undefined ? undefined : readPhone(customer.phone, ctx.shopCountry);
  const read = customer?.email === undefined ? undefined : readEmail(customer.email);
  const email = read ?? customer?.email;
  return {
    kind: 'compliance',
    request,
    requestId: told.data_request?.id ?? null,
    customerId: customer?.id ?? null,
    email: email?.toLowerCase() ?? null,
    phone: phone?.ok ? phone.phone : null,
    unread: read === undefined && (phone?.ok === false || customer?.email !== undefined),
    orderIds: [...new Set([...(told.orders_requested ?? []), ...(told.orders_to_redact ?? [])])],
  };
}
