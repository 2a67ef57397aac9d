/**
 * An order's payload as written by someone who only wants it sent: no ledger, no validation, no
 * reasons. The comparisons post it.
 */
type Order = {
  id: number;
  name: string;
  email?: string;
  created_at?: string;
  updated_at?: string;
  currency?: string;
  total_price?: string;
  subtotal_price?: string;
  total_tax?: string;
  total_discounts?: string;
  financial_status?: string;
  source_name?: string;
  customer?: { first_name?: string; last_name?: string; email?: string; phone?: string };
  billing_address?: Record<string, string | undefined>;
  line_items?: {
    sku?: string;
    title?: string;
    variant_title?: string;
    vendor?: string;
    quantity?: number;
    price?: string;
  }[];
};

const digits = (phone: string | undefined) => phone?.replaceAll(/\D/g, '');

export function mapOrder(body: string): string {
  const order: Order = JSON.parse(body);
  const { customer, billing_address: address } = order;
  return JSON.stringify({
    SourceName: 'Shopify',
    SourceType: 'E-commerce',
    FirstName: customer?.first_name,
    LastName: customer?.last_name,
    Email: customer?.email ?? order.email,
    Phone: digits(address?.['phone']),
    Mobile: digits(customer?.phone),
    Address: {
      Addressline1: address?.['address1'],
      Addressline2: address?.['address2'],
      City: address?.['city'],
      State: address?.['province_code'],
      Zip: address?.['zip'],
      Country: address?.['country_code'],
    },
    Order: {
      Id: String(order.id),
      Name: order.name,
      Event: 'created',
      CreatedAt: order.created_at,
      UpdatedAt: order.updated_at,
      Currency: order.currency,
      Total: order.total_price,
      Subtotal: order.subtotal_price,
      Tax: order.total_tax,
      Discount: order.total_discounts,
      FinancialStatus: order.financial_status,
      Channel: order.source_name,
      Items: order.line_items?.map((item) => ({
        Sku: item.sku,
        Title: item.title,
        Variant: item.variant_title,
        Vendor: item.vendor,
        Quantity: item.quantity,
        Price: item.price,
      })),
    },
  });
}
