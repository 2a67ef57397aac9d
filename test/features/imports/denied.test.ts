import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { customer, optedIn, optedOut, type Scene, smsIn, startScene } from './scene.ts';

let scene: Scene;
afterEach(async () => await scene.stop());

type Payload = Record<string, unknown> & { Order?: Record<string, unknown> };
const payloads = () => scene.connector.ascent360.received.map(({ body }) => body as Payload);
const operations = () => scene.shop.bulk.operations.map(({ status, errorCode }) => errorCode ?? status);
const told = async () => {
  const { body } = await scene.connector.api('GET', '/overview');
  const { problems } = body as { problems: { kind: string; message: string }[] };
  return problems.filter(({ kind }) => kind === 'fields_denied').map(({ message }) => message);
};

const HISTORY = { consent: { email: { history: 'all' }, sms: { history: 'all' } } };
const home = {
  firstName: 'Robin',
  lastName: 'Lee',
  phone: null,
  address1: '1 Main St',
  address2: null,
  city: 'Aspen',
  zip: '81611',
  province: 'Colorado',
  provinceCode: 'CO',
  country: 'United States',
  countryCodeV2: 'US',
} as const;

describe('an import of all customers', () => {
  it('leaves out what the app may not see, reports that once, and sends the rest', async () => {
    scene = await startScene(HISTORY);
    scene.shop.setCustomer({ ...customer(1, optedOut, smsIn), defaultAddress: home });
    scene.shop.denied.add('Customer.firstName').add('CustomerEmailAddress.marketingState').add('MailingAddress.city');
    const { counts } = await scene.done({ kind: 'customers' });
    expect(operations()).toEqual(['COMPLETED']);
    const [sent] = payloads();
    expect(sent).toMatchObject({ LastName: 'Number 1', Mobile: '13035551001', SMSPermission: true });
    for (const key of ['FirstName', 'EmailPermission', 'Address']) expect(sent).not.toHaveProperty(key);
    expect(counts).toMatchObject({ contacts: 1, flags: { EmailPermission: { true: 0, false: 0 } } });
    expect(await told()).toEqual([expect.stringContaining('address, email address, and name')]);

    scene.shop.denied.clear();
    scene.shop.setCustomer({
      ...customer(1, optedOut, smsIn),
      defaultAddress: home,
      updatedAt: new Date().toISOString(),
    });
    await scene.done({ kind: 'customers' });
    expect(payloads().at(-1)).toMatchObject({ FirstName: 'Robin', EmailPermission: false, Address: { City: 'Aspen' } });
    expect(await told()).toEqual([]);
  });

  it('removes nothing that was known about a person when it could still be seen', async () => {
    scene = await startScene(HISTORY);
    scene.shop.setCustomer({ ...customer(1, optedIn), defaultAddress: home });
    await scene.done({ kind: 'customers' });
    const [first] = payloads();
    expect(first).toMatchObject({ FirstName: 'Robin', EmailPermission: true, Address: { City: 'Aspen' } });
    for (const field of ['Customer.firstName', 'Customer.defaultAddress', 'CustomerEmailAddress.marketingState']) {
      scene.shop.denied.add(field);
    }
    const changed = { lastName: 'Lee', updatedAt: new Date().toISOString() };
    scene.shop.setCustomer({ ...customer(1, optedIn), defaultAddress: home, ...changed });
    await scene.done({ kind: 'customers' });
    expect(payloads()).toHaveLength(2);
    const second = payloads()[1];
    expect(second).toMatchObject({ LastName: 'Lee', Email: 'robin1@example.com' });
    expect(second).not.toHaveProperty('EmailPermission');
    // A consent event sends what is known about the person.
    await scene.connector.deliver('customers_email_marketing_consent/update', {
      customer_id: '9007199254740994',
      email_address: 'robin1@example.com',
      email_marketing_consent: {
        state: 'unsubscribed',
        opt_in_level: null,
        consent_updated_at: new Date().toISOString(),
      },
    });
    await scene.connector.settled();
    expect(payloads().at(-1)).toMatchObject({ FirstName: 'Robin', LastName: 'Lee', EmailPermission: false });
  });

  it('finds each denied field that may not be null, one after another: each fails the whole answer', async () => {
    scene = await startScene(HISTORY);
    scene.shop.setCustomer(customer(1, optedOut, smsIn));
    scene.shop.denied.add('Customer.tags').add('Customer.dataSaleOptOut').add('CustomerSmsMarketingConsent.state');
    await scene.done({ kind: 'customers' });
    expect(operations()).toEqual(['COMPLETED']);
    expect(payloads()).toEqual([expect.objectContaining({ FirstName: 'Robin', EmailPermission: false })]);
    expect(payloads()[0]).not.toHaveProperty('SMSPermission');
  });

  it('is read again, without the fields that are empty in all of the first customers, if only a later customer has a field that may not be seen', async () => {
    scene = await startScene(HISTORY);
    for (let n = 1; n <= 50; n++) scene.shop.setCustomer(customer(n, optedOut));
    scene.shop.setCustomer({ ...customer(51, optedOut), defaultAddress: home });
    scene.shop.denied.add('MailingAddress.city');
    const { id } = await scene.done({ kind: 'customers' });
    expect(operations()).toEqual(['ACCESS_DENIED', 'COMPLETED']);
    // What was sent is counted a while after the end.
    const counts = await until('51 opt-outs are counted', async () => {
      const now = (await scene.get(id)).counts;
      return now.flags.EmailPermission.false === 51 ? now : undefined;
    });
    expect(counts).toMatchObject({ records: 51, contacts: 51, flags: { EmailPermission: { true: 0, false: 51 } } });
    for (const sent of payloads()) expect(sent).not.toHaveProperty('Address');
    expect(await told()).toEqual([expect.stringContaining('Shopify hides some data')]);
  });

  it('fails, and says so, if the app may not see customers at all', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    scene.shop.denied.add('QueryRoot.customers');
    const { body } = await scene.post('/imports', { kind: 'customers' });
    expect((await scene.reaches(body.id, 'failed')).message).toMatch(
      /doesn’t let the app see customers\..*protected customer data/,
    );
    expect(operations()).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['of a segment', 'QueryRoot.customerSegmentMembers', { segmentId: '5' }],
    ['of a list', 'QueryRoot.nodes', { customerIds: ['1'] }],
  ])('fails, and says the same, if it is one %s', async (_, denied, asked) => {
    scene = await startScene();
    scene.shop.setCustomer({ ...customer(1), id: '1' });
    scene.shop.segments.set('gid://shopify/Segment/5', ['gid://shopify/Customer/1']);
    scene.shop.denied.add(denied);
    const { body } = await scene.post('/imports', { kind: 'customers', ...asked });
    expect((await scene.reaches(body.id, 'failed')).message).toMatch(/doesn’t let the app see customers/);
  });

  it('fails, and says what to do, if the app may not run bulk queries', async () => {
    scene = await startScene();
    scene.shop.setCustomer(customer(1));
    scene.shop.denied.add('Mutation.bulkOperationRunQuery');
    const { body } = await scene.post('/imports', { kind: 'customers' });
    expect((await scene.reaches(body.id, 'failed')).message).toMatch(/request bulk queries/);
    expect(await told()).toEqual([]);
  });

  it('has no value for a metafield that it may not see, instead of an empty one', async () => {
    const mapping = { gender: { from: 'metafield', key: 'facts.gender' } };
    scene = await startScene({ mapping });
    const metafields = [{ namespace: 'facts', key: 'gender', type: 'single_line_text_field', value: 'female' }];
    const one = { ...customer(1), metafields };
    scene.shop.setCustomer(one);
    await scene.done({ kind: 'customers' });
    expect(payloads()).toEqual([expect.objectContaining({ Gender: 'female' })]);
    scene.shop.denied.add('Metafield.value');
    scene.shop.setCustomer({ ...one, lastName: 'Lee', updatedAt: new Date().toISOString() });
    await scene.done({ kind: 'customers' });
    expect(operations()).toEqual(['COMPLETED', 'COMPLETED']);
    expect(payloads()[1]).toMatchObject({ LastName: 'Lee' });
  });
});

describe('an import of orders', () => {
  it('leaves out what the app may not see about the order, its lines and its customer', async () => {
    scene = await startScene(HISTORY);
    const { id } = scene.shop.setCustomer(customer(1, optedOut));
    const at = new Date().toISOString();
    const line = { sku: 'SKI', title: 'Ski', variantTitle: null, vendor: 'V', quantity: 1, currentQuantity: 1 };
    scene.shop.setOrder({
      id: 1,
      customerId: id,
      email: 'robin1@example.com',
      billingAddress: home,
      shippingAddress: { ...home, city: 'Vail' },
      createdAt: at,
      updatedAt: at,
      lineItems: [{ ...line, originalUnitPriceSet: { shopMoney: { amount: '10.00' } } }],
    });
    for (const field of ['Customer.firstName', 'Order.billingAddress', 'LineItem.sku']) scene.shop.denied.add(field);
    await scene.done({ kind: 'orders' });
    expect(operations()).toEqual(['COMPLETED']);
    const [sent] = payloads();
    expect(sent).toMatchObject({ LastName: 'Number 1', Email: 'robin1@example.com', EmailPermission: false });
    expect(sent?.Order).toMatchObject({ Items: [{ Title: 'Ski', Quantity: 1 }] });
    expect(JSON.stringify(sent?.Order)).not.toContain('SKI');
    for (const key of ['FirstName', 'Address']) expect(sent).not.toHaveProperty(key);
  });

  it('takes an order whose customer may not be seen as nobody’s choice', async () => {
    scene = await startScene(HISTORY);
    const { id } = scene.shop.setCustomer(customer(1, optedIn));
    const order = { id: 1, customerId: id, email: 'robin1@example.com', customerAcceptsMarketing: true };
    scene.shop.setOrder({ ...order, createdAt: new Date().toISOString() });
    scene.shop.denied.add('Order.customer');
    await scene.done({ kind: 'orders' });
    expect(payloads()).toHaveLength(1);
    expect(payloads()[0]).not.toHaveProperty('EmailPermission');
  });
});
