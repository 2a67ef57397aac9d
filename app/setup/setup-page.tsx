import { AppPage } from '../shell/app-page.tsx';
import { Loading } from '../shell/loading.tsx';
import { texts } from '../texts.ts';

export function SetupPage() {
  return (
    <AppPage title={texts.common.nav.overview}>
      <Loading />
    </AppPage>
  );
}
