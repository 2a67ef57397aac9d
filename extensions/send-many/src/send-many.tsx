import { useEffect, useRef, useState } from 'preact/hooks';
import { Count } from './count.tsx';
import {
  type Answer,
  type Ask,
  beginImport,
  cancelImport,
  heldBy,
  type Import,
  readImport,
  startImport,
  whyOf,
} from './imports.ts';

/** What the action needs from the admin. */
type Host = {
  i18n: { translate(key: string, values?: Record<string, string | number>): string };
  close(): void;
};

type Shown =
  | { step: 'counting'; id: string | null; held: ReturnType<typeof heldBy> }
  | { step: 'counted' | 'starting'; import: Import }
  | { step: 'started'; page: string }
  | { step: 'over'; page: string | null; tone: 'critical' | 'warning'; text: string; mayTryAgain: boolean };

/** How often to look at the count, in milliseconds, and how many looks in a row may fail. */
const LOOK_EVERY = 1500;
const MOST_FAILURES = 4;
/** How long closing may wait for the app, in milliseconds. */
const LEAVE_WITHIN = 2000;

/** The app's page of an import. */
const pageOf = (id: string) => `app:imports/${id}`;

/** Counts, shows what would be sent, and sends once the merchant confirms. */
export function SendMany({ host, ask }: { host: Host; ask: Ask }) {
  const t = host.i18n.translate;
  const [shown, setShown] = useState<Shown>({ step: 'counting', id: null, held: null });
  const gone = useRef(false);
  const busy = useRef(false);

  /** A second click may come before the admin shows that the first began something. */
  const once = async (work: () => Promise<void>) => {
    if (busy.current) return;
    busy.current = true;
    await work();
    busy.current = false;
  };

  const over = (answer: Exclude<Answer, { kind: 'import' }>, id: string | null) => {
    const refused = answer.kind === 'refused';
    const isOther = refused && answer.why === 'why.other_import';
    setShown({
      step: 'over',
      page: isOther ? 'app:imports' : id && pageOf(id),
      tone: answer.kind === 'no_permission' ? 'warning' : 'critical',
      text: t(refused ? answer.why : answer.kind),
      mayTryAgain: answer.kind === 'failing',
    });
  };

  const count = async () => {
    setShown({ step: 'counting', id: null, held: null });
    const begun = await beginImport(ask);
    if (begun.kind !== 'import') return over(begun, null);
    const { id } = begun.import;
    let now = begun.import;
    let failures = 0;
    while (!gone.current && now.state === 'counting') {
      setShown({ step: 'counting', id, held: heldBy(now) });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      const read = await readImport(id);
      if (read.kind === 'import') now = read.import;
      failures = read.kind === 'import' ? 0 : failures + 1;
      if (read.kind !== 'import' && (read.kind === 'no_permission' || failures >= MOST_FAILURES)) return over(read, id);
    }
    if (gone.current) return;
    if (now.state === 'counted') setShown({ step: 'counted', import: now });
    else if (now.state === 'failed' || now.state === 'cancelled')
      over({ kind: 'refused', why: whyOf(now.text?.code) ?? 'not_counted' }, id);
    else setShown({ step: 'started', page: pageOf(id) });
  };

  const start = async (counted: Import) => {
    setShown({ step: 'starting', import: counted });
    const answer = await startImport(counted.id);
    if (answer.kind === 'import') setShown({ step: 'started', page: pageOf(counted.id) });
    else if (answer.kind === 'failing') over({ kind: 'refused', why: 'unclear' }, counted.id);
    else over(answer, counted.id);
  };

  useEffect(() => {
    gone.current = false;
    void once(count);
    return () => {
      gone.current = true;
    };
  }, []);

  /** What was only counted is cancelled; what is running continues. */
  const leave = async () => {
    const id = shown.step === 'counting' ? shown.id : shown.step === 'counted' ? shown.import.id : null;
    gone.current = true;
    // The admin ends the action as soon as it closes, so the call goes first; but nobody waits long
    // for it.
    if (id) await Promise.race([cancelImport(id), new Promise((resolve) => setTimeout(resolve, LEAVE_WITHIN))]);
    host.close();
  };

  const counted = shown.step === 'counted' || shown.step === 'starting' ? shown.import : null;
  const page = shown.step === 'started' || shown.step === 'over' ? shown.page : null;
  return (
    <s-admin-action heading={t('heading')}>
      <s-stack gap="base">
        {shown.step === 'counting' && (
          // Not the action's own `loading`, which may keep Cancel from being clicked.
          <s-stack direction="inline" gap="base" alignItems="center">
            <s-spinner accessibilityLabel={t('counting')} />
            <s-text>{t('counting')}</s-text>
          </s-stack>
        )}
        {shown.step === 'counting' && shown.held && <s-banner tone="warning">{t(shown.held)}</s-banner>}
        {counted && <Count counts={counted.counts} t={t} />}
        {shown.step === 'started' && <s-banner tone="success">{t('started')}</s-banner>}
        {shown.step === 'over' && <s-banner tone={shown.tone}>{shown.text}</s-banner>}
        {page && <s-link href={page}>{t('page')}</s-link>}
      </s-stack>
      {counted && (
        <s-button
          slot="primary-action"
          variant="primary"
          onClick={() => void once(() => start(counted))}
          loading={shown.step === 'starting'}
          disabled={shown.step === 'starting' || counted.counts.contacts === 0}
        >
          {t('start')}
        </s-button>
      )}
      {shown.step === 'over' && shown.mayTryAgain && (
        <s-button slot="primary-action" variant="primary" onClick={() => void once(count)}>
          {t('again')}
        </s-button>
      )}
      <s-button slot="secondary-actions" onClick={() => void leave()}>
        {t(shown.step === 'counting' || counted ? 'cancel' : 'close')}
      </s-button>
    </s-admin-action>
  );
}
