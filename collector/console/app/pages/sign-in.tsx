/** Signing in with the admin token, or with a named one. */
import { useState } from "preact/hooks";
import { Problem } from "../api";
import { Form, Text } from "../form";
import { Page } from "../parts";
import { signIn } from "../session";

export function SignIn() {
  const [token, setToken] = useState("");
  return (
    <main class="narrow">
      <Page title="Sign in to Calljoin">
        <Form save="Sign in" onSave={() => enter(token.trim())}>
          <Text
            label="Admin token"
            path="token"
            type="password"
            autocomplete="current-password"
            autofocus
            value={token}
            onInput={setToken}
            hint="The collector prints it once, at its first start. A colleague's own token does, too."
          />
        </Form>
      </Page>
    </main>
  );
}

async function enter(token: string): Promise<void> {
  await signIn(token).catch((error) => {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    throw new Problem(401, "Nobody is known by this token.", [
      { path: "token", message: "is not the admin token, nor a named one" },
    ]);
  });
}
