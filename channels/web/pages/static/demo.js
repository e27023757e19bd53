// The demonstration page uses the widget as any page may: its element, its attributes, its methods.

const find = (id) => document.getElementById(id);
const chat = () => document.querySelector("nexus-chat");
const snippet = find("snippet");

snippet.textContent = snippet.textContent.replace("https://nexus.example", location.origin);
find("ask").addEventListener("click", () => chat()?.open());
find("copy").addEventListener("click", async () => {
  const told = await navigator.clipboard.writeText(snippet.textContent).then(() => "Copied.", () => "Your browser does not allow that.");
  find("copied").textContent = told;
});
["theme", "dir", "position"].forEach((name) =>
  find(name).addEventListener("change", (event) => {
    if (chat()) chat().dataset[name] = event.target.value;
  }),
);
