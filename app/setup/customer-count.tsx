import { Banner, BlockStack, Box, Button, Link, Text } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textsOf } from '../texts.ts';
import './by-answer.css';
import type { AnswerCounts, ImportAnswer } from '../../server/domain/imports.ts';
import { useAction } from '../shell/use-action.ts';

const t = textsOf('setup.history');
const LOOK_EVERY_MS = 2000;

type Count = ImportAnswer;
/** What happens to earlier email choices: the answers to the question, by what they save. */
type Answer = keyof NonNullable<Count['byAnswer']>;
const answers = ['optOuts', 'all'] as const satisfies readonly Answer[];

const underCount = (count: Count | null | undefined) => count?.state === 'counting';

/** @param chosen the answer that is chosen and perhaps not saved yet; its column says so */
function Numbers({ count, chosen }: { count: Count; chosen: Answer | null }) {
  const format = useFormat();
  const { byAnswer } = count;
  if (!byAnswer) return null;
  const columns = answers.map((answer) => ({ answer, counts: byAnswer[answer] }));
  const rows: [string, (counts: AnswerCounts) => number][] = [
    [t('contacts'), ({ contacts }) => contacts],
    [textAt('imports.counts.emailTrue'), ({ EmailPermission }) => EmailPermission.true],
    [textAt('imports.counts.emailFalse'), ({ EmailPermission }) => EmailPermission.false],
    [textAt('imports.counts.smsTrue'), ({ SMSPermission }) => SMSPermission.true],
    [textAt('imports.counts.smsFalse'), ({ SMSPermission }) => SMSPermission.false],
    [t('skipped'), ({ skipped }) => Object.values(skipped).reduce((sum, one) => sum + one, 0)],
  ];
  return (
    <Box background="bg-surface-secondary" padding="300" borderRadius="200">
      <BlockStack gap="200">
        <Text as="h3" variant="headingSm" id="count-by-answer">
          {t('counted')}
        </Text>
        <table className="by-answer" aria-labelledby="count-by-answer">
          <thead>
            <tr>
              <td />
              {columns.map(({ answer }) => (
                <th key={answer} scope="col" className={answer === chosen ? 'by-answer-chosen' : ''}>
                  {t(`ifAnswered.${answer}`)}
                  {answer === chosen && <span className="by-answer-note">{t('chosen')}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, figure]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {columns.map(({ answer, counts }) => (
                  <td key={answer} className={answer === chosen ? 'by-answer-chosen' : ''}>
                    {format.number(figure(counts))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <Text as="p" tone="subdued" variant="bodySm">
          {t('countedAt', { moment: format.moment(count.createdAt ?? '') })}{' '}
          <Link url={`/imports/${count.id}`}>{t('toImport')}</Link>
        </Text>
        {count.outdated && (
          <Text as="p" variant="bodySm">
            {t('outdated')}
          </Text>
        )}
      </BlockStack>
    </Box>
  );
}

/** Whether an import is a count of everyone. */
const isOfAll = ({ kind, which, from, state }: Count) =>
  kind === 'customers' && which === 'all' && from === null && /^(counting|counted|failed)$/.test(state);

/**
 * Counts the shop's customers as an import that isn't started, or says why that isn't possible.
 * @param chosen the answer that is chosen and perhaps not saved yet
 */
export function CustomerCount({ chosen }: { chosen: Answer | null }) {
  const client = useQueryClient();
  const format = useFormat();
  const queryKey = ['imports', 'customer-count'];
  const { data: count } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const { items } = await call<{ items: Count[] }>('GET', '/imports', { signal });
      return items.find(isOfAll) ?? null;
    },
    refetchInterval: ({ state }) => (underCount(state.data) ? LOOK_EVERY_MS : false),
  });
  const start = useAction({
    mutationFn: () => call<Count>('POST', '/imports', { body: { kind: 'customers' } }),
    onSuccess: (started) => client.setQueryData(queryKey, started),
  });
  return (
    <div aria-live="polite">
      <BlockStack gap="300">
        {start.error && <Failure error={start.error} />}
        {count?.state === 'failed' && (
          <Banner tone="warning" title={t('noCount')}>
            {count.text && say(count.text, format)}
          </Banner>
        )}
        {count?.state === 'counted' && <Numbers count={count} chosen={chosen} />}
        {underCount(count) && (
          <BlockStack gap="200">
            <Text as="p">{t('counting')}</Text>
            {count?.text && <Text as="p">{say(count.text, format)}</Text>}
            <LoadingLines lines={2} />
          </BlockStack>
        )}
        {!underCount(count) && (
          <div>
            <Button onClick={() => start.mutate()} loading={start.isPending}>
              {count?.state === 'counted' ? t('countAgain') : t('count')}
            </Button>
          </div>
        )}
      </BlockStack>
    </div>
  );
}
