/**
 * The fields we use from Shopify's bodies (https://shopify.dev/docs/api/webhooks). If Shopify
 * renames a field, change it here: types and tests name the other places, `include_fields` in
 * shopify.app.toml among them, where every topic asks for the fields of its schema.
 */
import {
  body,
  count,
  customerId,
  date,
  decimal,
  flag,
  id,
  ids,
  listOf,
  moment,
  type Read,
  section,
  tags,
  text,
  textOrNumber,
  texts,
} from './fields.ts';

const place = {
  address1: textOrNumber,
  address2: textOrNumber,
  city: textOrNumber,
  zip: textOrNumber,
  province: textOrNumber,
  province_code: textOrNumber,
  country: text,
  country_code: text,
};
/** The fields that describe a place in an address. */
export const placeFields = Object.keys(place);

const address = { first_name: text, last_name: text, phone: textOrNumber, ...place };

const person = {
  id,
  admin_graphql_api_id: id,
  first_name: text,
  last_name: text,
  email: text,
  phone: textOrNumber,
  default_address: section(address),
};

const priceSet = section({ shop_money: section({ amount: decimal }) });

export const orderSchema = body({
  id,
  admin_graphql_api_id: id,
  name: textOrNumber,
  created_at: moment,
  processed_at: date,
  updated_at: moment,
  cancelled_at: moment,
  email: text,
  contact_email: text,
  phone: textOrNumber,
  buyer_accepts_marketing: flag,
  test: flag,
  source_name: textOrNumber,
  currency: text,
  financial_status: text,
  fulfillment_status: text,
  total_price: decimal,
  current_total_price: decimal,
  subtotal_price: decimal,
  current_subtotal_price: decimal,
  total_tax: decimal,
  current_total_tax: decimal,
  total_discounts: decimal,
  current_total_discounts: decimal,
  total_shipping_price_set: priceSet,
  current_shipping_price_set: priceSet,
  discount_codes: listOf({ code: textOrNumber }),
  line_items: listOf({
    sku: textOrNumber,
    title: textOrNumber,
    variant_title: textOrNumber,
    vendor: textOrNumber,
    quantity: count,
    current_quantity: count,
    price: decimal,
  }),
  billing_address: section(address),
  /** Only where the buyer lives: the name and phone on a parcel may be another person's. */
  shipping_address: section(place),
  customer: section(person),
});

export const customerSchema = body({ ...person, created_at: moment, updated_at: moment });

/** A consent topic's body that Shopify shortened. */
export const consentIdSchema = body({ customer_id: id, id, admin_graphql_api_id: id });
export const emailConsentSchema = body({
  customer_id: id,
  email_address: text,
  email_marketing_consent: section({ state: text, opt_in_level: text, consent_updated_at: date }),
});
/** The SMS topic names the customer `id` and the phone `phone`. */
export const smsConsentSchema = body({
  id,
  phone: textOrNumber,
  sms_marketing_consent: section({ state: text, opt_in_level: text, consent_updated_at: date }),
});
export const whatsAppConsentSchema = body({
  customer_id: id,
  phone_number: textOrNumber,
  whats_app_marketing_consent: section({ state: text, opt_in_level: text, updated_at: date }),
});

export const tagsSchema = body({ customerId: id, tags, occurredAt: date });

export const customerDeletedSchema = body({ id, admin_graphql_api_id: id });
export const mergeSchema = body({
  admin_graphql_api_customer_kept_id: id,
  admin_graphql_api_customer_deleted_id: id,
  status: text,
});

export const shopSchema = body({
  id,
  myshopify_domain: text,
  name: text,
  email: text,
  country_code: text,
  iana_timezone: text,
  updated_at: moment,
});
/** The shop is read from the body, because headers are not signed. */
export const uninstalledSchema = body({ id, myshopify_domain: text, updated_at: moment });
export const scopesSchema = body({ id, updated_at: moment });

/**
 * A run of the Flow action (https://shopify.dev/docs/apps/build/flow/actions/endpoints):
 * `properties` holds its fields, with a customer_reference as `customer_id`.
 */
export const flowRunSchema = body({
  shopify_domain: text,
  action_run_id: textOrNumber,
  handle: text,
  properties: section({ customer_id: customerId, activities: texts, interests: texts }),
});

export const complianceSchema = body({
  customer: section({ id, email: text, phone: textOrNumber }),
  data_request: section({ id }),
  orders_requested: ids,
  orders_to_redact: ids,
});

export type OrderBody = Read<typeof orderSchema>;
export type AddressBody = NonNullable<OrderBody['billing_address']>;
export type PlaceBody = NonNullable<OrderBody['shipping_address']>;
export type PersonBody = NonNullable<OrderBody['customer']>;
