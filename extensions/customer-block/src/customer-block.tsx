import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Consent, type Person, type Read, readPerson, sendNow } from './read-person.ts';
import { aboutOf, choiceOf, isWaiting, type Stand, standOf, whyOpen } from './stand.ts';

export default async () => {
  render(<CustomerBlock />, document.body);
};

const t = (key: string, values?: Record<string, string | number>) => shopify.i18n.translate(key, values);
const when = (iso: string) => shopify.i18n.formatDate(new Date(iso), { dateStyle: 'medium', timeStyle: 'short' });

const TONES = { attention: 'critical', waiting: 'info', accepted: 'success', nothing: 'neutral' } as const;
/** Entries shown; the app's page has them all. */
const MOST_OPEN = 3;
/** How long after sending to look again, in milliseconds. */
const LOOKS = [1500, 3000, 6000];

function ConsentLine({ channel, consent }: { channel: 'email' | 'sms'; consent: Consent }) {
  const { address, state, since, told, toldAt } = consent;
  const choice = choiceOf(state);
  const known = since && choice !== 'none' ? t(`choice.${choice}_since`, { date: when(since) }) : t(`choice.${choice}`);
  const said = told === null || !toldAt ? t('told.nothing') : t(told ? 'told.yes' : 'told.no', { date: when(toldAt) });
  return (
    <s-stack gap="none">
      <s-text type="strong">{t(`channel.${channel}`, { address: address ?? t('channel.none') })}</s-text>
      <s-text>{known}</s-text>
      <s-text color="subdued">{said}</s-text>
    </s-stack>
  );
}

/** A person's state in a word; if something was accepted, also when. */
function wordOf(person: Person): string {
  const { word, lastAccepted } = standOf(person);
  return t(`word.${word}`, { date: lastAccepted ? when(lastAccepted.at) : '' });
}

/** What was last accepted, and when unless the word beside it says that. */
function lastOf(word: Stand['word'], last: Stand['lastAccepted']): string {
  if (!last) return t('last_none');
  const what = t(`about.${aboutOf(last.topic)}`);
  return word === 'accepted' ? what : t('last', { what, date: when(last.at) });
}

type Known = Extract<Read, { kind: 'known' }>;

function PersonState({ person, look }: { person: Known['person']; look: () => Promise<Read> }) {
  const [sending, setSending] = useState(false);
  const isSending = useRef(false);
  const [said, setSaid] = useState<{ tone: 'success' | 'critical'; text: string } | null>(null);
  const { word, lastAccepted, open } = standOf(person);
  const more = open.length - MOST_OPEN;

  const send = async () => {
    // A second click may come before the admin shows that the first is being sent.
    if (isSending.current) return;
    isSending.current = true;
    setSending(true);
    const refusal = await sendNow(person.id);
    isSending.current = false;
    setSending(false);
    setSaid({ tone: refusal === null ? 'success' : 'critical', text: t(`send.${refusal ?? 'done'}`) });
    if (refusal !== null) return;
    for (const ms of LOOKS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      const now = await look();
      if (now.kind === 'failing') continue;
      if (now.kind !== 'known' || !standOf(now.person).open.some(isWaiting)) return;
    }
  };

  return (
    <s-stack gap="base">
      <s-stack direction="inline" gap="base" alignItems="center">
        <s-badge tone={TONES[word]}>{wordOf(person)}</s-badge>
        <s-text>{lastOf(word, lastAccepted)}</s-text>
      </s-stack>
      <s-grid gridTemplateColumns="repeat(auto-fit, minmax(220px, 1fr))" gap="base">
        <ConsentLine channel="email" consent={person.consent.email} />
        <ConsentLine channel="sms" consent={person.consent.sms} />
      </s-grid>
      {open.slice(0, MOST_OPEN).map((entry) => (
        <s-banner
          key={`${entry.at} ${entry.topic}`}
          heading={t(`about.${aboutOf(entry.topic)}`)}
          tone={isWaiting(entry) ? 'info' : 'critical'}
        >
          {t(`open.${whyOpen(entry)}`)}
        </s-banner>
      ))}
      {more > 0 && <s-text color="subdued">{t('more', { count: more })}</s-text>}
      {said && <s-banner tone={said.tone}>{said.text}</s-banner>}
      {person.deletedAt && <s-text color="subdued">{t('deleted')}</s-text>}
      <s-stack direction="inline" gap="base" alignItems="center">
        {!person.deletedAt && (
          <s-button onClick={send} loading={sending} disabled={sending}>
            {t('send.button')}
          </s-button>
        )}
        <s-link href={`app:people/${person.id}`}>{t('page')}</s-link>
        {person.customerId && <s-link href={`app:people/consent?q=${person.customerId}`}>{t('sheet')}</s-link>}
      </s-stack>
    </s-stack>
  );
}

function CustomerBlock() {
  const [read, setRead] = useState<Read | null>(null);
  const shown = useRef(true);
  const customer = shopify.data.selected[0]?.id;

  /** A failure takes the place of nothing that is shown already. */
  const look = async (): Promise<Read> => {
    const now: Read = customer ? await readPerson(customer) : { kind: 'failing' };
    if (shown.current) setRead((before) => (now.kind === 'failing' && before !== null ? before : now));
    return now;
  };
  const again = () => {
    setRead(null);
    void look();
  };
  useEffect(() => {
    shown.current = true;
    void look();
    return () => {
      shown.current = false;
    };
  }, [customer]);

  return (
    <s-admin-block heading={t('heading')} collapsedSummary={summaryOf(read)}>
      {read === null && <s-spinner accessibilityLabel={t('loading')} />}
      {read?.kind === 'known' && <PersonState person={read.person} look={look} />}
      {read?.kind === 'unknown' && (
        <s-stack gap="base">
          <s-text>{t('unknown')}</s-text>
          <s-link href="app:imports">{t('import')}</s-link>
        </s-stack>
      )}
      {read?.kind === 'no_permission' && <s-banner tone="warning">{t('no_permission')}</s-banner>}
      {read?.kind === 'failing' && (
        <s-stack gap="base">
          <s-banner tone="critical">{t('failing')}</s-banner>
          <s-button onClick={again}>{t('again')}</s-button>
        </s-stack>
      )}
    </s-admin-block>
  );
}

/** What the block shows while it is collapsed. */
function summaryOf(read: Read | null): string {
  if (read === null) return t('loading');
  return read.kind === 'known' ? wordOf(read.person) : t(`folded.${read.kind}`);
}
