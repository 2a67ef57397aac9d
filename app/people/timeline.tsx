import { Badge, BlockStack, Box, Button, Card, Checkbox, InlineStack, Link, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { PersonDetail, TimelineEntry } from '../../server/features/people/api.ts';
import { StateBadge, topicName } from '../activity/state-badge.tsx';
import { withQuery } from '../api.ts';
import type { Format } from '../locale.ts';
import { Choices } from '../shell/choices.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textIf, textsOf } from '../texts.ts';
import { withoutRepeats } from './without-repeats.ts';

const t = textsOf('people.timeline');
const kinds = ['all', 'fact', 'decision', 'delivery'] as const;
type Kind = (typeof kinds)[number];

function titleOf(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'fact': {
      const state = textIf(`people.timeline.states.${entry.state ?? 'none'}`) ?? entry.state ?? '';
      return t('fact', { channel: t(`channels.${entry.channel}`), state });
    }
    case 'decision': {
      const channel = t(`channels.${entry.channel}`);
      return entry.decision === 'told'
        ? t(entry.value ? 'told.true' : 'told.false', { channel })
        : t('notTold', { channel });
    }
    case 'delivery':
      return [entry.what ?? topicName(entry.topic), entry.what && topicName(entry.topic)].filter(Boolean).join(' · ');
    case 'read':
      return topicName('person/read');
  }
}

function detailOf(entry: TimelineEntry, format: Format): string {
  switch (entry.kind) {
    case 'fact': {
      const parts = [t(`sources.${entry.source}`)];
      const { level } = entry;
      if (level) parts.push(t('level', { level: textIf(`people.timeline.levels.${level}`) ?? level }));
      if (entry.chosenAt === null) parts.push(t('undated', { day: format.date(entry.recordedAt) }));
      return parts.join(' · ');
    }
    case 'decision':
      if (entry.decision !== 'told') return t(`reasons.${entry.reason}`);
      return entry.outcome ? t(`outcomes.${entry.outcome}`) : t('underWay');
    case 'delivery':
      return entry.state === 'accepted' ? '' : entry.text;
    case 'read':
      return entry.text;
  }
}

function Entry({ entry }: { entry: TimelineEntry }) {
  const format = useFormat();
  const detail = detailOf(entry, format);
  return (
    <li>
      <InlineStack gap="200" blockAlign="center">
        <Text as="span" fontWeight="semibold">
          {titleOf(entry)}
        </Text>
        {entry.kind === 'delivery' ? (
          <StateBadge state={entry.state} />
        ) : (
          <Badge {...(entry.kind === 'fact' && { tone: 'info' })}>{t(`badges.${entry.kind}`)}</Badge>
        )}
      </InlineStack>
      {detail && <Text as="p">{detail}</Text>}
      <Text as="p" tone="subdued" variant="bodySm">
        <time dateTime={entry.at}>{format.moment(entry.at)}</time>
        {entry.eventId && (
          <>
            {' · '}
            <Link url={`/activity/${entry.eventId}`}>{t('link')}</Link>
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
  const withDecisions = kind === 'all' || kind === 'decision';
  return (
    <Card>
      <BlockStack gap="400">
        <BlockStack gap="100">
          <Text as="h2" variant="headingMd">
            {t('title')}
          </Text>
          <Text as="p" tone="subdued">
            {t('text')}
          </Text>
        </BlockStack>
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
            <ol className="timeline">
              {shown.map((entry, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: what happened at one moment has nothing else of its own
                <Entry key={`${entry.at} ${entry.kind} ${index}`} entry={entry} />
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
