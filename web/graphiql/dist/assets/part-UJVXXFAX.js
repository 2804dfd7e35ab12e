import{a,b}from"./part-X5T5EVYU.js";import"./part-UBXJC4YS.js";import"./part-FDE5VFMW.js";import"./part-PTLQGHHL.js";export{b as getWorker,a as jsonDefaults};
