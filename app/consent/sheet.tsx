import { BlockStack, Card, Text } from '@shopify/polaris';
import { channels } from '../../server/domain/consent.ts';
import type { PersonDetail, TimelineEntry } from '../../server/features/people/api.ts';
import type { Format } from '../locale.ts';
import { nameOf } from '../people/name-of.ts';
import { timesOf } from '../people/timeline.tsx';
import { useFormat, useShop } from '../shell/shop.tsx';
import { withKeys } from '../shell/with-keys.ts';
import { say, textAt, textsOf } from '../texts.ts';
import './consent.css';
import { eachOnce } from './each-once.ts';

const t = textsOf('consent');

type Fact = Extract<TimelineEntry, { kind: 'fact' }>;
type Decision = Extract<TimelineEntry, { kind: 'decision' }>;
type Channel = Fact['channel'];

const saidOf = ({ title, text }: TimelineEntry, format: Format): string =>
  [title, text].flatMap((part) => (part ? [say(part, format)] : [])).join('. ');

type PartProps = { title: string; none: string; entries: readonly (Fact | Decision)[]; isOfSeveral: boolean };

/** @param props.isOfSeveral there are several addresses: each line names its own */
function Part({ title, none, entries, isOfSeveral }: PartProps) {
  const format = useFormat();
  return (
    <div>
      <Text as="h4" variant="headingSm">
        {title}
      </Text>
      {entries.length === 0 ? (
        <Text as="p">{none}</Text>
      ) : (
        <table className="sheet">
          <thead>
            <tr>
              <th scope="col">{t('when')}</th>
              <th scope="col">{t('what')}</th>
            </tr>
          </thead>
          <tbody>
            {withKeys(entries, JSON.stringify).map(({ key, item: entry }) => (
              <tr key={key}>
                <td>
                  <time dateTime={entry.at}>{format.moment(entry.at)}</time>
                </td>
                <td>
                  <Text as="p">{saidOf(entry, format)}</Text>
                  {entry.kind === 'decision' && entry.times > 1 && <Text as="p">{timesOf(entry, format)}</Text>}
                  {isOfSeveral && entry.address !== null && (
                    <Text as="p" tone="subdued" breakWord>
                      {entry.address}
                    </Text>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** The choices, each once: from whichever source it was first known. A box left unticked is none. */
const choicesOf = (facts: readonly Fact[]): Fact[] =>
  eachOnce(
    facts.filter(({ state }) => state !== 'unticked'),
    ({ state }) => state,
  );

/** Why nothing was sent, each reason once until another one follows. */
const reasonsOf = (decisions: readonly Decision[]): Decision[] => eachOnce(decisions, ({ reason }) => reason);

/** Reasons for which nothing was left out. */
const leavingNothingOut = ['due', 'already_told', 'no_address'];

/** An event that would send only its choice makes no record in which a permission could be left out: this says why. */
function whyNothing(channel: Channel, { consent }: PersonDetail): string {
  const { state, now } = channel === 'email' || channel === 'sms' ? consent[channel] : { state: null, now: null };
  if (state === null || leavingNothingOut.includes(now.reason)) return t('notSentNone');
  return textAt(`people.consent.reasons.${now.reason}`);
}

type ChannelProps = { channel: Channel; person: PersonDetail; entries: readonly (Fact | Decision)[] };

function ChannelPart({ channel, person, entries }: ChannelProps) {
  const own = entries.filter((entry) => entry.channel === channel);
  const decisions = own.filter((entry): entry is Decision => entry.kind === 'decision');
  const isOfSeveral = new Set(own.map(({ address }) => address)).size > 1;
  return (
    <BlockStack gap="300">
      <Text as="h3" variant="headingMd">
        {t(`channels.${channel}`)}
      </Text>
      <Part
        title={t('chosen')}
        none={t('chosenNone')}
        entries={choicesOf(own.filter((entry): entry is Fact => entry.kind === 'fact'))}
        isOfSeveral={isOfSeveral}
      />
      <Part
        title={t('sent')}
        none={t('sentNone')}
        entries={decisions.filter(({ value }) => value !== null)}
        isOfSeveral={isOfSeveral}
      />
      <Part
        title={t('notSent')}
        none={whyNothing(channel, person)}
        entries={reasonsOf(decisions.filter(({ value }) => value === null))}
        isOfSeveral={isOfSeveral}
      />
    </BlockStack>
  );
}

/** What one person chose, what was sent of it and what was not, in words that can be handed to them. @param at of now */
export function Sheet({ person, at }: { person: PersonDetail; at: string }) {
  const format = useFormat();
  const shop = useShop();
  const entries = person.timeline.filter(
    (entry): entry is Fact | Decision => entry.kind === 'fact' || entry.kind === 'decision',
  );
  const shown = channels.filter(
    (channel) => channel === 'email' || channel === 'sms' || entries.some((entry) => entry.channel === channel),
  );
  const reached = [person.email, person.mobile, person.phone].filter((text) => text !== null);
  return (
    <Card>
      <article className="consent-sheet" aria-label={t('sheetOf', { name: nameOf(person) })}>
        <BlockStack gap="500">
          <BlockStack gap="100">
            <Text as="h2" variant="headingLg" breakWord>
              {t('sheetOf', { name: nameOf(person) })}
            </Text>
            {reached.length > 0 && (
              <Text as="p" breakWord>
                {format.list([...new Set(reached)])}
              </Text>
            )}
            <Text as="p" tone="subdued">
              {t('madeBy', { shop: shop.name ?? shop.domain, at: format.moment(at) })}
            </Text>
          </BlockStack>
          {shown.map((channel) => (
            <ChannelPart key={channel} channel={channel} person={person} entries={entries} />
          ))}
          <Text as="p" tone="subdued">
            {t('note')}
          </Text>
          {person.timelineCut && <Text as="p">{t('cut')}</Text>}
        </BlockStack>
      </article>
    </Card>
  );
}
