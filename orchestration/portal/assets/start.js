// Leads to the reader's own language, where it is one of the three; the links stand for everyone else.
"use strict";
{
  const offered = Array.from(document.querySelectorAll("a[hreflang]"), (link) => [link.hreflang, link.href]);
  const wanted = (navigator.languages || [navigator.language || ""]).map((tag) => tag.toLowerCase().split("-")[0]);
  const found = wanted.map((tag) => offered.find(([language]) => language === tag)).find(Boolean);
  if (found && !location.hash) location.replace(found[1]);
}
