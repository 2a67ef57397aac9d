import { AppPage } from '../shell/app-page.tsx';
import { Loading } from '../shell/loading.tsx';
import { texts } from '../texts.ts';

export function PrivacyPage() {
  return (
    <AppPage title={texts.common.nav.privacy}>
      <Loading />
    </AppPage>
  );
}
