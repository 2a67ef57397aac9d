import { Badge, BlockStack, Box, Button, Card, Checkbox, InlineStack, Link, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { PersonDetail, TimelineEntry } from '../../server/features/people/api.ts';
import { kindOf, noteOf } from '../activity/describe-event.ts';
import { StateBadge, topicName } from '../activity/state-badge.tsx';
import { withQuery } from '../api.ts';
import { between, type Format } from '../locale.ts';
import { CardHead } from '../shell/card-head.tsx';
import { Choices } from '../shell/choices.tsx';
import { useFormat } from '../shell/shop.tsx';
import { withKeys } from '../shell/with-keys.ts';
import { say, textAt, textsOf } from '../texts.ts';
import { nameOf } from './name-of.ts';
import { withoutRepeats } from './without-repeats.ts';

const t = textsOf('people.timeline');
const kinds = ['all', 'fact', 'decision', 'delivery'] as const;
type Kind = (typeof kinds)[number];

/** Titles that call a customer by number: here it is the person whose page this is. */
const numbered = ['summary.customer', 'summary.flow', 'summary.customer_deleted'];

function titleOf(entry: TimelineEntry, person: PersonDetail, format: Format): string {
  const isNumbered = numbered.includes(entry.title?.code ?? '');
  const title = isNumbered ? nameOf(person) : entry.title && say(entry.title, format);
  if (entry.kind !== 'delivery') return title ?? '';
  const { topic } = entry;
  const summary = entry.title && { text: entry.title };
  const kind = isNumbered ? topicName(topic) : kindOf({ summary, topic }, format);
  return [title ?? topicName(topic), kind].filter(Boolean).join(' · ');
}

function detailOf(entry: TimelineEntry, format: Format): string {
  if (entry.text === null) return '';
  return entry.kind === 'delivery' ? noteOf({ state: entry.state, text: entry.text }, format) : say(entry.text, format);
}

/** How often the same was decided for one event, as for every attempt of an outage. */
export const timesOf = ({ times, since, at }: Extract<TimelineEntry, { kind: 'decision' }>, format: Format): string =>
  t('times', { times, ...between(since, at, format) });

/** Channels in which there are several addresses: their lines name their own. */
function channelsOfSeveral(timeline: readonly TimelineEntry[]): ReadonlySet<string> {
  const addressed = timeline.filter((entry) => 'channel' in entry);
  const addressesOf = (channel: string) =>
    new Set(addressed.filter((entry) => entry.channel === channel).map(({ address }) => address));
  return new Set(addressed.map(({ channel }) => channel).filter((channel) => addressesOf(channel).size > 1));
}

function Entry(props: { entry: TimelineEntry; person: PersonDetail; ofSeveral: ReadonlySet<string> }) {
  const { entry, person, ofSeveral } = props;
  const format = useFormat();
  const detail = detailOf(entry, format);
  const address = 'channel' in entry && ofSeveral.has(entry.channel) ? entry.address : null;
  return (
    <li>
      <InlineStack gap="200" blockAlign="center">
        <Text as="span" fontWeight="semibold">
          {titleOf(entry, person, format)}
        </Text>
        {entry.kind === 'delivery' ? (
          <StateBadge state={entry.state} />
        ) : (
          <Badge {...(entry.kind === 'fact' && { tone: 'info' })}>{t(`badges.${entry.kind}`)}</Badge>
        )}
      </InlineStack>
      {detail && <Text as="p">{detail}</Text>}
      {entry.kind === 'decision' && entry.times > 1 && <Text as="p">{timesOf(entry, format)}</Text>}
      <Text as="p" tone="subdued" variant="bodySm">
        <time dateTime={entry.at}>{format.moment(entry.at)}</time>
        {address && ` · ${address}`}
        {entry.eventId && (
          <>
            {' · '}
            <Link url={`/activity/${entry.eventId}`}>{textAt('people.consent.event')}</Link>
          </>
        )}
      </Text>
    </li>
  );
}

/** What was chosen, decided and sent, newest first. */
export function Timeline({ person }: { person: PersonDetail }) {
  const [kind, setKind] = useState<Kind>('all');
  const [repeats, setRepeats] = useState(false);
  const entries = repeats ? person.timeline : withoutRepeats(person.timeline);
  const shown = entries.filter((entry) => kind === 'all' || entry.kind === kind);
  const search = person.email ?? person.mobile ?? person.phone ?? person.customerId;
  const ofSeveral = channelsOfSeveral(person.timeline);
  const withDecisions = kind === 'all' || kind === 'decision';
  return (
    <Card>
      <BlockStack gap="400">
        <CardHead title={t('title')} text={t('text')} />
        <InlineStack gap="400" blockAlign="center">
          <Choices label={t('show')}>
            {kinds.map((one) => (
              <Button key={one} pressed={kind === one} onClick={() => setKind(one)}>
                {t(`kinds.${one}`)}
              </Button>
            ))}
          </Choices>
          {withDecisions && <Checkbox label={t('repeats')} checked={repeats} onChange={setRepeats} />}
        </InlineStack>
        {shown.length === 0 ? (
          <Text as="p" tone="subdued">
            {t('none')}
          </Text>
        ) : (
          <Box>
            <ol className="plain-list timeline">
              {withKeys(shown, JSON.stringify).map(({ key, item }) => (
                <Entry key={key} entry={item} person={person} ofSeveral={ofSeveral} />
              ))}
            </ol>
          </Box>
        )}
        {person.timelineCut && (
          <Text as="p">
            {t('cut')} {search && <Link url={withQuery('/activity', { q: search })}>{t('toActivity')}</Link>}
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}
