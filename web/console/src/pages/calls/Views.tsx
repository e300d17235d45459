import { Button, CloseButton, Menu, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { del, get, post } from "../../api/client.js";
import { Failed, Shown } from "../../parts/index.js";
import { strings } from "../../strings/index.js";
import classes from "./calls.module.css";

const PAGE = "calls";

/** Views of the list that somebody keeps for themselves: the filters and the range, under a name. */
export function Views() {
  const { views } = strings.calls;
  const [, navigate] = useLocation();
  const query = useSearch();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState<string | null>(null);
  const key = ["views", PAGE];
  const kept = useQuery({ queryKey: key, queryFn: ({ signal }) => get("/v1/views", { query: { page: PAGE }, signal }), enabled: isOpen });
  const again = () => queries.invalidateQueries({ queryKey: key });
  const save = useMutation({
    mutationFn: (given: string) => post("/v1/views", { body: { page: PAGE, name: given, query: Object.fromEntries(new URLSearchParams(query)) as Record<string, never> } }),
    onSuccess: () => {
      setName(null);
      return again();
    },
  });
  const remove = useMutation({ mutationFn: (id: string) => del("/v1/views/{view_id}", { path: { view_id: id } }), onSuccess: again });
  const go = (given: Record<string, unknown>) => {
    const wanted = new URLSearchParams(Object.entries(given).map(([one, value]) => [one, String(value)]));
    navigate(wanted.size ? `/calls?${wanted.toString()}` : "/calls");
    setOpen(false);
  };
  return (
    <Menu opened={isOpen} onChange={setOpen} position="bottom-end" shadow="md" width={280} trapFocus={name !== null}>
      <Menu.Target>
        <Button variant="default" size="sm">
          {views.label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Shown query={kept}>
          {({ items }) => (
            <>
              {items.length === 0 && <p className={classes.none}>{views.none}</p>}
              {items.map((view) => (
                <div key={view.id} className={classes.view}>
                  <Menu.Item onClick={() => go(view.query)}>{view.name}</Menu.Item>
                  <CloseButton size="sm" aria-label={views.remove(view.name)} onClick={() => remove.mutate(view.id)} />
                </div>
              ))}
            </>
          )}
        </Shown>
        <Menu.Divider />
        {name === null ? (
          <Menu.Item closeMenuOnClick={false} onClick={() => setName("")}>
            {views.save}
          </Menu.Item>
        ) : (
          <form
            className={classes.saving}
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) save.mutate(name.trim());
            }}
          >
            <TextInput size="xs" label={views.name} value={name} maxLength={100} onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => event.stopPropagation()} data-autofocus />
            <Button type="submit" size="xs" loading={save.isPending} disabled={!name.trim()}>
              {views.keep}
            </Button>
            {save.error && <Failed error={save.error} />}
          </form>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
