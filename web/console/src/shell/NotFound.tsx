import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { Page } from "../parts/Page.js";
import { strings } from "../strings/index.js";

export function NotFound() {
  const { notFound } = strings.shell;
  return (
    <Page title={notFound.title} lead={notFound.lead}>
      <Anchor component={Link} href="/">
        {notFound.home}
      </Anchor>
    </Page>
  );
}
