import { BlockStack, Checkbox, Divider, FormLayout, Text, TextField } from '@shopify/polaris';
import type { ListSource, PermissionTags } from '../../server/domain/settings.ts';
import { textsOf } from '../texts.ts';
import { type Draft, type Faults, nameOf } from './draft.ts';
import { Section } from './section.tsx';
import { SourceField, SourcesField } from './source-fields.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

/** The keys that have no field of Shopify's own. */
const mapped = [
  'DateOfBirth',
  'Gender',
  'Interests',
  'Activities',
  'NewsLetters',
  'PhonePermission',
  'AddressPermission',
] as const;

/** A permission derived from two customer tags. */
function PermissionField(props: {
  path: string;
  value: PermissionTags | null;
  faults: Faults;
  onChange: (value: PermissionTags | null) => void;
}) {
  const { path, value, faults, onChange } = props;
  // A fault of the pair is shown at the first field, one of a single tag next to that tag.
  const whole = faults.ofAll(path);
  return (
    <BlockStack gap="200">
      <Checkbox
        label={t('mapping.permissionUse', { name: nameOf(path) })}
        checked={value !== null}
        onChange={(used) => onChange(used ? { optIn: '', optOut: '' } : null)}
      />
      {value && (
        <FormLayout>
          <FormLayout.Group condensed>
            <TextField
              label={t('mapping.optIn')}
              value={value.optIn}
              onChange={(optIn) => onChange({ ...value, optIn })}
              error={whole || faults.of(`${path}.optIn`)}
              autoComplete="off"
            />
            <TextField
              label={t('mapping.optOut')}
              value={value.optOut}
              onChange={(optOut) => onChange({ ...value, optOut })}
              error={faults.of(`${path}.optOut`)}
              autoComplete="off"
            />
          </FormLayout.Group>
        </FormLayout>
      )}
    </BlockStack>
  );
}

export function MappingSection({ form }: { form: SettingsForm }) {
  const { mapping } = form.draft;
  const { faults } = form;
  const change = (part: Partial<Draft['mapping']>) => form.change({ mapping: { ...mapping, ...part } });
  const single = (key: 'dateOfBirth' | 'gender', kinds: readonly ListSource['from'][]) => (
    <SourceField
      label={nameOf(`mapping.${key}`)}
      path={`mapping.${key}`}
      value={mapping[key]}
      kinds={kinds}
      faults={faults}
      optional
      onChange={(value) => change({ [key]: value })}
    />
  );
  const several = (key: 'interests' | 'activities' | 'newsletters') => (
    <SourcesField
      label={nameOf(`mapping.${key}`)}
      path={`mapping.${key}`}
      values={mapping[key]}
      faults={faults}
      onChange={(values) => change({ [key]: values })}
    />
  );
  const permission = (key: 'phonePermission' | 'addressPermission') => (
    <PermissionField
      path={`mapping.${key}`}
      value={mapping[key]}
      faults={faults}
      onChange={(value) => change({ [key]: value })}
    />
  );
  return (
    <Section id="mapping" previews={mapped}>
      {single('dateOfBirth', ['metafield', 'tag'])}
      {single('gender', ['metafield', 'tag', 'text'])}
      <Text as="p" tone="subdued">
        {t('mapping.genderHelp')}
      </Text>
      <Divider />
      {several('interests')}
      {several('activities')}
      {several('newsletters')}
      <Divider />
      {permission('phonePermission')}
      {permission('addressPermission')}
      <Text as="p" tone="subdued">
        {t('mapping.permissionHelp')}
      </Text>
    </Section>
  );
}
