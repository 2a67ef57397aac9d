import { afterEach, describe, expect, it } from 'vitest';
import { customer, optedIn, optedOut, type Scene, smsIn, startScene } from './scene.ts';

let scene: Scene;
afterEach(async () => await scene.stop());

const flags = (yes: number, no: number) => ({ true: yes, false: no });

/**
 * Before the app, five opted in to email, two of them also to SMS; three opted out, one never
 * chose, one has no address.
 */
function stock(): void {
  for (let n = 0; n < 5; n++) scene.shop.setCustomer(customer(n, optedIn, n < 2 ? smsIn : {}));
  for (let n = 5; n < 8; n++) scene.shop.setCustomer(customer(n, optedOut));
  scene.shop.setCustomer(customer(8));
  scene.shop.setCustomer({ id: 9, firstName: 'Nobody' });
}

/** What an answer saves, as the first steps do. */
const answered = (email: 'optOuts' | 'all') => ({
  consent: { email: { history: email }, sms: { history: 'optOuts' } },
});
const save = async (settings: object) => {
  expect((await scene.connector.api('PUT', '/settings', settings)).status).toBe(200);
};

describe('a count of customers', () => {
  it.each([
    ['nothing is saved yet', {}],
    ['other choices are saved', { consent: { email: { history: 'none' }, sms: { history: 'all' } } }],
  ])('says for each answer what would be sent, while %s', async (_, saved) => {
    scene = await startScene(saved);
    stock();
    const counted = await scene.counted({ kind: 'customers' });
    const both = { contacts: 9, skipped: { no_contact: 1 }, SMSPermission: flags(0, 0) };
    expect(counted.byAnswer).toEqual({
      optOuts: { ...both, EmailPermission: flags(0, 3) },
      all: { ...both, EmailPermission: flags(5, 3) },
    });
  });

  it.each(['optOuts', 'all'] as const)('says for the answer %s what is then sent', async (email) => {
    scene = await startScene({ consent: { email: { history: 'none' }, sms: { history: 'none' } } });
    stock();
    const { id, byAnswer } = await scene.counted({ kind: 'customers' });
    await save(answered(email));
    const counted = await scene.get(id);
    expect(counted.counts.flags.EmailPermission).toEqual(byAnswer?.[email].EmailPermission);
    expect(counted.outdated).toBe(false);
    await scene.post(`/imports/${id}/start`);
    await scene.reaches(id, 'done');
    const sent = scene.connector.ascent360.received.map(({ body }) => body as Record<string, unknown>);
    const told = (key: string, value: boolean) => sent.filter((body) => body[key] === value).length;
    expect(sent).toHaveLength(byAnswer?.[email].contacts ?? Number.NaN);
    expect(flags(told('EmailPermission', true), told('EmailPermission', false))).toEqual(
      byAnswer?.[email].EmailPermission,
    );
    expect(flags(told('SMSPermission', true), told('SMSPermission', false))).toEqual(byAnswer?.[email].SMSPermission);
  });

  it('counts an address’s flag once for each answer, too', async () => {
    scene = await startScene(answered('all'));
    const { id } = scene.shop.setCustomer(customer(1, optedIn));
    const at = new Date().toISOString();
    for (const n of [1, 2, 3]) {
      scene.shop.setOrder({ id: n, customerId: id, email: 'robin1@example.com', createdAt: at, updatedAt: at });
    }
    const { counts, byAnswer } = await scene.counted({ kind: 'orders' });
    expect(byAnswer?.all.EmailPermission).toEqual(counts.flags.EmailPermission);
    expect(byAnswer?.optOuts.EmailPermission).toEqual(flags(0, 0));
  });

  it.each([
    ['pausing', { paused: true }, false],
    ['another answer', answered('all'), false],
    ['a choice about history that is none of the answers', { consent: { email: { history: 'none' } } }, true],
    ['which opt-ins count', { consent: { email: { optInLevel: 'confirmed' } } }, true],
    ['the lists', { providerType: 3, listIds: ['7'] }, true],
  ])('is outdated by a change of settings that matters to it: %s', async (_, changed, outdated) => {
    scene = await startScene();
    stock();
    const { id } = await scene.counted({ kind: 'customers' });
    expect((await scene.get(id)).outdated).toBe(false);
    await save(changed);
    expect((await scene.get(id)).outdated).toBe(outdated);
  });

  it('is outdated by another import that is sent after it, not by one that was sent before', async () => {
    scene = await startScene();
    stock();
    const [first, second] = [await scene.counted({ kind: 'customers' }), await scene.counted({ kind: 'customers' })];
    await scene.post(`/imports/${first.id}/start`);
    await scene.reaches(first.id, 'done');
    expect((await scene.get(second.id)).outdated).toBe(true);
    const third = await scene.counted({ kind: 'customers' });
    expect(third).toMatchObject({
      outdated: false,
      counts: { contacts: 0, skipped: { nothing_new: 9, no_contact: 1 } },
    });
  });

  it('says which customers it counted', async () => {
    scene = await startScene();
    stock();
    scene.shop.segments.set('gid://shopify/Segment/5', []);
    expect((await scene.counted({ kind: 'customers' })).which).toBe('all');
    expect((await scene.counted({ kind: 'customers', customerIds: ['1'] })).which).toBe('some');
    expect((await scene.counted({ kind: 'customers', segmentId: '5' })).which).toBe('segment');
  });
});
