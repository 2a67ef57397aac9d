import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useDeferredValue, useEffect, useState } from 'react';
import type { ActivityDetail } from '../../../server/features/activity/api.ts';
import type { Preview } from '../../../server/features/settings/api.ts';
import type { ActivityItem } from '../../../server/store/events/event-list.ts';
import { call, get, isRefused, withQuery } from '../../api.ts';
import { documentOf } from '../draft.ts';
import type { SettingsForm } from '../use-settings-form.ts';

/** How long to wait after the last key before asking for the preview, in milliseconds. */
const REST = 400;
const RECENT = 20;
/** Topics whose events produce a payload. */
const isShown = ({ topic }: ActivityItem) =>
  /^(orders\/|customers\/(create|update)$|customers_(email_)?marketing_consent\/|customer\.tags_)/.test(topic);

/** The newest of them. A long import may push them out of the newest events, so then by topic. */
async function recentShown(signal: AbortSignal): Promise<ActivityItem[]> {
  const newest = async (topic: string | null) => {
    const path = withQuery('/activity', { topic, limit: RECENT });
    return (await call<{ items: ActivityItem[] }>('GET', path, { signal })).items.filter(isShown);
  };
  for (const topic of [null, 'orders/updated', 'orders/create', 'customers/update', 'customers/create']) {
    const found = await newest(topic);
    if (found.length > 0) return found;
  }
  return [];
}

function useRested<Value>(value: Value): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST);
    return () => clearTimeout(timer);
  }, [value]);
  return useDeferredValue(rested);
}

/** `erased`: nothing of the event is left. `faulty`: with these settings nothing could be sent. */
export type Shown =
  | { state: 'loading' | 'none' | 'erased' | 'faulty' }
  | { state: 'failed'; error: unknown; retry: () => void }
  | { state: 'ready'; detail: ActivityDetail; preview: Preview };

/** What a recent event, which the merchant may choose, would send with the settings on the page. */
type PreviewOfEvent = {
  items: readonly ActivityItem[];
  chosen: ActivityItem | null;
  choose(id: string): void;
  shown: Shown;
};

function usePreviewOf(form: SettingsForm): PreviewOfEvent {
  const [wanted, setWanted] = useState<string | null>(null);
  const settings = useRested(JSON.stringify(documentOf(form.draft)));
  const recent = useQuery({ queryKey: ['activity', 'recent'], queryFn: ({ signal }) => recentShown(signal) });
  const items = recent.data ?? [];
  const chosen = items.find(({ id }) => id === wanted) ?? items[0] ?? null;
  const id = chosen?.id ?? null;
  const detail = useQuery({
    queryKey: ['activity', 'event', id],
    queryFn: get<ActivityDetail>(`/activity/${id}`),
    enabled: id !== null,
  });
  const event = detail.data?.event ?? null;
  const preview = useQuery({
    queryKey: ['preview', id, settings],
    queryFn: ({ signal }) =>
      call<Preview>('POST', '/preview', {
        signal,
        body: { topic: detail.data?.topic, body: event, settings: JSON.parse(settings) },
      }),
    enabled: event !== null,
    // Until the settings' next answer the one before stays, but never another event's.
    placeholderData: (before: Preview | undefined, query) => (query?.queryKey[1] === id ? before : undefined),
  });
  const shownNow = (): Shown => {
    if (isRefused(preview.error)) return { state: 'faulty' };
    const failed = [recent, detail, preview].find(({ error, data }) => error && !data);
    if (failed) return { state: 'failed', error: failed.error, retry: () => void failed.refetch() };
    if (recent.data && !chosen) return { state: 'none' };
    if (detail.data && event === null) return { state: 'erased' };
    if (!detail.data || !preview.data) return { state: 'loading' };
    return { state: 'ready', detail: detail.data, preview: preview.data };
  };
  return { items, chosen, choose: setWanted, shown: shownNow() };
}

const Context = createContext<PreviewOfEvent | null>(null);

/** Asked for once, however many sections show a part of it. */
export function PreviewProvider({ form, children }: { form: SettingsForm; children: ReactNode }) {
  return <Context.Provider value={usePreviewOf(form)}>{children}</Context.Provider>;
}

export function usePreview(): PreviewOfEvent {
  const preview = useContext(Context);
  if (!preview) throw new Error('Not inside PreviewProvider');
  return preview;
}
