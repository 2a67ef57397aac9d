import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PayloadKey } from '../../server/ascent360/payload-contract.ts';
import { checkKit, type Kit, pngSize } from './check-kit.ts';
import { folder, readKit } from './read-kit.ts';

const root = path.join(folder, '../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

const URL = 'https://connector.example.com';
const filled: Kit = {
  settings: {
    app: {
      name: 'Ascent360 Connector',
      url: URL,
      privacy_policy_url: `${URL}/privacy`,
      data_processing_url: `${URL}/dpa`,
      handle: 'ascent360-connector',
    },
    operator: { legal_name: 'Example Ltd', address: '1 Main Street', hosting: 'Example Cloud, Frankfurt' },
    contact: {
      support_email: 'support@example.com',
      support_answer_within: '1 working day',
      emergency_name: 'Ann Lee',
      emergency_email: 'oncall@example.com',
      emergency_phone: '+1 303 555 0100',
      security_email: 'security@example.com',
      privacy_email: 'privacy@example.com',
    },
    review: {
      test_store: 'connector-review.myshopify.com',
      test_guid: '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90',
      screencast_url: `${URL}/screencast`,
    },
  },
  app: {
    client_id: '4f5d1c0a9b8e7d6c5f4e3d2c1b0a9f8e',
    name: 'Ascent360 Connector',
    application_url: URL,
    auth: { redirect_urls: [`${URL}/api/auth/callback`] },
  },
  listing: readKit().listing,
  screenshot: () => ({ width: 1600, height: 900 }),
};
/** A copy with one value changed, by its path. */
function withValue(kit: Kit, place: string, value: unknown): Kit {
  const copy = {
    ...structuredClone({ settings: kit.settings, app: kit.app, listing: kit.listing }),
    screenshot: kit.screenshot,
  };
  const keys = place.split('.');
  const last = keys.pop() ?? '';
  let holder: object = copy;
  for (const key of keys) holder = Object(Reflect.get(holder, key));
  Reflect.set(holder, last, value);
  return copy;
}

describe('npm run app-store:check', () => {
  it('accepts a kit with everything filled in', () => {
    expect(checkKit(filled)).toEqual([]);
  });

  it('rejects the kit as it is in the repository: every value that only an operator can know is a placeholder', () => {
    const faults = checkKit(readKit());
    for (const place of [
      'app.url',
      'operator.legal_name',
      'operator.address',
      'operator.hosting',
      'contact.support_email',
      'contact.emergency_name',
      'contact.emergency_email',
      'contact.emergency_phone',
      'contact.security_email',
      'contact.privacy_email',
      'review.test_store',
      'review.test_guid',
      'client_id',
      'application_url',
      'redirect_urls.0',
    ]) {
      expect(faults.filter((fault) => fault.includes(`: ${place} is a placeholder`))).toHaveLength(1);
    }
  });

  it.each([
    ['settings.contact.emergency_phone', '+00 000 000 0000', 'contact.emergency_phone is a placeholder'],
    ['settings.operator.legal_name', '<legal name>', 'operator.legal_name is a placeholder'],
    ['settings.contact.support_email', '', 'contact.support_email'],
    ['settings.contact.support_email', undefined, 'contact.support_email'],
    ['app.client_id', '0'.repeat(32), 'client_id is a placeholder'],
    ['app.application_url', 'https://other.example.com', 'application_url is not the url'],
    ['app.name', 'Another Connector', 'several names'],
    ['listing.subtitle', 'x'.repeat(63), 'subtitle'],
    ['listing.details', 'The best way to boost sales', 'details has a word that Shopify refuses'],
    ['listing.introduction', 'Free for everybody', 'introduction has a word that Shopify refuses: Free'],
    ['listing.features.0', 'x'.repeat(81), 'features.0'],
  ])('rejects %s as %j', (place, value, message) => {
    expect(checkKit(withValue(filled, place, value)).join('\n')).toContain(message);
  });

  it.each([
    ['missing', null, 'is missing'],
    ['of another size', { width: 3200, height: 1800 }, 'is 3200 by 1800 pixels'],
  ])('rejects a screenshot that is %s', (_, size, message) => {
    const faults = checkKit({
      ...filled,
      screenshot: (file) => (file === 'event' ? size : { width: 1600, height: 900 }),
    });
    expect(faults).toEqual([expect.stringContaining(message)]);
  });

  it('reads the size from a PNG’s header, and nothing from other files', () => {
    const head = Buffer.alloc(24);
    head.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
    head.write('IHDR', 12, 'latin1');
    head.writeUInt32BE(1600, 16);
    head.writeUInt32BE(900, 20);
    expect(pngSize(head)).toEqual({ width: 1600, height: 900 });
    expect(pngSize(Buffer.from('RIFF    WEBPVP8 a picture of another kind'))).toBeNull();
  });

  it('runs before every deploy, which uses the same version of Shopify’s CLI as the scan', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const [cli = 'none'] = /@shopify\/cli@[\d.]+/.exec(read('test/doctor/doctor.ts')) ?? [];
    expect(scripts['deploy']).toBe(`npm run app-store:check && npx --yes ${cli} app deploy`);
  });
});

describe('the texts of docs/app-store', () => {
  const texts = readdirSync(folder).filter((name) => name.endsWith('.md'));

  it.each(texts)('%s names tests, documents and files that exist', (name) => {
    const body = read(`docs/app-store/${name}`);
    const links = [...body.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) =>
      path.join(folder, link),
    );
    const named = [...body.matchAll(/`((?:server|app|test|prisma|docs|extensions)\/[\w./-]+)`/g)].map(([, file = '']) =>
      path.join(root, file),
    );
    expect([...links, ...named].filter((place) => !existsSync(place))).toEqual([]);
  });

  const personal = {
    FirstName: 'names',
    LastName: 'names',
    DateOfBirth: 'dates of birth',
    Gender: 'genders',
    Email: 'email addresses',
    Phone: 'phone numbers',
    Mobile: 'phone numbers',
    Address: 'postal addresses',
    EmailPermission: 'marketing choices',
    SMSPermission: 'marketing choices',
    PhonePermission: 'tags',
    AddressPermission: 'tags',
    Activities: 'metafields you map',
    Interests: 'metafields you map',
    NewsLetters: 'metafields you map',
    Order: 'orders',
  } satisfies Record<Exclude<PayloadKey, 'SourceName' | 'SourceType' | 'ProviderType' | 'ListIds'>, string>;

  it.each(['privacy-policy.md', 'data-processing.md'])('%s names all that is sent about a person', (name) => {
    const said = read(`docs/app-store/${name}`).replaceAll('the controller maps', 'you map').toLowerCase();
    expect(Object.values(personal).filter((words) => !said.includes(words))).toEqual([]);
  });

  it.each(['requirements.md', 'built-for-shopify.md', 'data-protection.md'])(
    '%s says of each requirement whether it is met, and for each that is, what shows it',
    (name) => {
      const rows = [...read(`docs/app-store/${name}`).matchAll(/^\| (\d+(?:\.\d+)*) \|(.*)\|$/gm)];
      expect(rows.length).toBeGreaterThan(14);
      for (const [, id, rest = ''] of rows) {
        const [what = '', status = '', shown = ''] = rest.split(' | ').map((cell) => cell.trim());
        expect({ id, what: what !== '', status }).toMatchObject({
          what: true,
          status: expect.stringMatching(/^(met|not met|operator|not tried|n\/a)$/),
        });
        if (status === 'met') expect(shown, `${id} ${what}`).toMatch(/`|\]\(/);
        else expect(shown, `${id} ${what}`).not.toBe('');
      }
      const ids = rows.map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
    },
  );
});
