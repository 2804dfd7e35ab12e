import{f as o,h as r}from"./part-6K2BFTMB.js";import{f as e}from"./part-PTLQGHHL.js";e();var n="formatted-jsonc",p={jsonc:{astFormat:n,parse:t=>({text:r(t,o(t,void 0,{insertSpaces:!0,tabSize:2,eol:`
`}))}),locStart:()=>0,locEnd:({text:t})=>t.length}},c={[n]:{print:t=>t.node.text}};export{p as parsers,c as printers};
