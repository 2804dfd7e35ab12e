import{Fj as a,Gj as b,Hj as c,Ij as d}from"./part-MK5TEGVD.js";import"./part-NOFCZA2V.js";export{c as HitTestContext,b as MouseTarget,d as MouseTargetFactory,a as PointerHandlerLastRenderData};
