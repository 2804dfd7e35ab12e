import { GraphiQL } from "graphiql";
import samples from "easel:samples";
import { Account } from "./account";
import { Mark } from "./mark";
import { editorTheme } from "./monaco";
import { forgetTabs, openingTab, storage } from "./storage";
import { Strip } from "./strip";
import { fetcher } from "./transport";

const opening = openingTab();
const defaultTabs = samples.map(({ query, variables }) => ({ query, variables }));

/** The whole page: a bar with the account, and GraphiQL with the samples and the strip of pictures. */
export function App() {
  return (
    <>
      <header className="easel-bar">
        <a className="easel-brand" href="" aria-label="Easel, GraphiQL">
          <Mark />
          <b>Easel</b> <span>GraphiQL</span>
        </a>
        <Account />
      </header>
      <main className="easel-main">
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          defaultTabs={defaultTabs}
          defaultEditorToolsVisibility="variables"
          editorTheme={editorTheme}
          inputValueDeprecation
          schemaDescription
          showPersistHeadersSettings={false}
          {...opening}
        >
          <GraphiQL.Logo>
            <button type="button" className="easel-samples" title="Close all tabs and open the samples again" onClick={reopenSamples}>
              Restore samples
            </button>
          </GraphiQL.Logo>
          <GraphiQL.Footer>
            <Strip />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}

function reopenSamples(): void {
  if (!confirm("Close all tabs and open the samples again?")) return;
  forgetTabs();
  location.reload();
}
