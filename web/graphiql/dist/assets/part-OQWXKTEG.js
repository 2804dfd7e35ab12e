import{a,b}from"./part-DCJBZCQZ.js";import"./part-OLWQFP7M.js";import"./part-MK5TEGVD.js";import"./part-NOFCZA2V.js";export{b as getWorker,a as jsonDefaults};
