import { BlockStack, Modal, Text } from '@shopify/polaris';
import { textAt } from '../texts.ts';
import { Failure } from './failure.tsx';
import { useReturnFocus } from './use-return-focus.ts';

/** The part of a mutation that we use. */
type Change = { mutate(): void; isPending: boolean; error: unknown };

/** Asks before something that is harder to undo. */
export function Confirm(props: {
  title: string;
  text: string;
  action: string;
  destructive?: boolean;
  change: Change;
  onClose: () => void;
}) {
  const { title, text, action, destructive = false, change, onClose } = props;
  useReturnFocus();
  return (
    <Modal
      open
      title={title}
      onClose={onClose}
      primaryAction={{ content: action, onAction: () => change.mutate(), loading: change.isPending, destructive }}
      secondaryActions={[{ content: textAt('common.cancel'), onAction: onClose }]}
    >
      <Modal.Section>
        <BlockStack gap="400">
          {change.error !== null && <Failure error={change.error} />}
          <Text as="p">{text}</Text>
        </BlockStack>
      </Modal.Section>
    </Modal>
  );
}
