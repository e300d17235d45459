import { useAccount } from "../../api/session.js";
import { Page, Panel } from "../../parts/index.js";
import { strings } from "../../strings/index.js";

export default function Me() {
  const account = useAccount();
  return (
    <Page title={strings.shell.pages.me}>
      <Panel title={account.name}>{account.email}</Panel>
    </Page>
  );
}
