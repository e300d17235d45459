import { useAccount } from "../../api/session.js";
import { Page } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import { Password } from "./Password.js";
import { SecondFactor } from "./SecondFactor.js";
import { Sessions } from "./Sessions.js";

/** What somebody does about their own account. */
export default function Me() {
  const account = useAccount();
  const lead = [account.name, account.email, strings.words.role[account.role], account.identity].filter(Boolean).join(" · ");
  return (
    <Page title={strings.shell.pages.me} lead={lead}>
      {account.has_password && <Password />}
      {account.has_password && <SecondFactor />}
      <Sessions />
    </Page>
  );
}
