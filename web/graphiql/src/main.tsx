import "graphiql/style.css";
import "@fontsource/fira-code/latin-400.css";
import "./page.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const root = document.getElementById("easel");
if (root) createRoot(root).render(<App />);
