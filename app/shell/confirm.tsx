import { BlockStack, Modal, Text } from '@shopify/polaris';
import { textAt } from '../texts.ts';
import { Failure } from './failure.tsx';
import { LoadingLines } from './loading.tsx';
import { useReturnFocus } from './use-return-focus.ts';

/** The part of a mutation that we use. */
type Change = { mutate(): void; reset(): void; isPending: boolean; error: unknown };

/**
 * Asks before something that is harder to undo.
 * @param text null: not known yet, so that nobody can agree to it
 * @param onRetry asks again for what the text says, if that failed
 * @param keep the button that changes nothing, where “Cancel” might be taken for the action
 * @param disabled there is nothing to do
 */
export function Confirm(props: {
  title: string;
  text: readonly string[] | string | null;
  action: string;
  keep?: string;
  destructive?: boolean;
  disabled?: boolean;
  change: Change;
  onRetry?: (() => void) | null;
  onClose: () => void;
}) {
  const { title, text, action, keep, destructive = false, disabled = false, change, onRetry, onClose } = props;
  useReturnFocus();
  const close = () => {
    // The next time it is asked, nothing has failed yet. What is under way still may.
    if (change.error !== null) change.reset();
    onClose();
  };
  return (
    <Modal
      open
      title={title}
      onClose={close}
      primaryAction={{
        content: action,
        onAction: () => change.mutate(),
        loading: change.isPending,
        disabled: disabled || text === null,
        destructive,
      }}
      secondaryActions={[{ content: keep ?? textAt('common.cancel'), onAction: close }]}
    >
      <Modal.Section>
        <div aria-live="polite">
          <BlockStack gap="400">
            {change.error !== null && <Failure error={change.error} {...(onRetry && { onRetry })} />}
            {text === null && change.error === null && <LoadingLines lines={1} />}
            {[text ?? []].flat().map((sentence) => (
              <Text as="p" key={sentence}>
                {sentence}
              </Text>
            ))}
          </BlockStack>
        </div>
      </Modal.Section>
    </Modal>
  );
}
